/* Linear interpolation with half-pixel centres, in the very float32 steps that onnxruntime's Resize takes.
 * Build with -ffp-contract=off: a fused multiply-add rounds once where the definition rounds twice. */
#ifndef HALF_PIXEL_H
#define HALF_PIXEL_H

#include <math.h>
#include <stdint.h>

/* Where one output row or column lies between two of the input's: value = weight_low * low + weight_high * high. */
struct half_pixel {
    int32_t low, high;
    float weight_low, weight_high;
};

static inline struct half_pixel half_pixel_at(int32_t out, float factor, int32_t size) {
    struct half_pixel at;
    const float last = (float)(size - 1);
    float position = ((float)out + 0.5f) / factor - 0.5f;
    position = position > last ? last : position;
    position = position < 0.0f ? 0.0f : position;
    at.low = (int32_t)position;
    at.high = at.low + 1 < size ? at.low + 1 : size - 1;
    at.weight_high = fabsf(position - (float)at.low);
    at.weight_low = fabsf(position - (float)at.high);
    if (at.low == at.high) {
        at.weight_low = 0.5f;
        at.weight_high = 0.5f;
    }
    return at;
}

/* The four neighbours, named [row][column]. The order of the sum is part of the definition. */
static inline float half_pixel_blend(const struct half_pixel *y, const struct half_pixel *x, float low_low,
                                     float low_high, float high_low, float high_high) {
    float sum = x->weight_low * y->weight_low * low_low;
    sum += x->weight_high * y->weight_low * low_high;
    sum += x->weight_low * y->weight_high * high_low;
    sum += x->weight_high * y->weight_high * high_high;
    return sum;
}

#endif
