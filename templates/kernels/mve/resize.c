/* Linear upsampling, four values at a time, in the float32 steps of ref/resize.c. */
#include "half_pixel.h"
#include "mve.h"

#include <arm_mve.h>

#define LANES 4

/* Values of a row whose places are worked out together. */
#define BLOCK 64

/* Of each value: its neighbours in a row of the input, and their weights. */
struct places {
    uint32_t low[BLOCK], high[BLOCK];
    float weight_low[BLOCK], weight_high[BLOCK];
};

struct numbers {
    int32_t zero_point;
    float scale, inverse; /* the float32 that is nearest to 1 / scale */
};

static void find(struct places *places, const struct kernel_resize *layer, int32_t first, int32_t count) {
    const int32_t channels = layer->in.channels;
    for (int32_t i = 0; i < (count + LANES - 1) / LANES * LANES; i++) {
        const int32_t value = first + (i < count ? i : count - 1), channel = value % channels;
        const struct half_pixel x = half_pixel_at(value / channels, (float)layer->factor.width, layer->in.width);
        places->low[i] = (uint32_t)(x.low * channels + channel);
        places->high[i] = (uint32_t)(x.high * channels + channel);
        places->weight_low[i] = x.weight_low;
        places->weight_high[i] = x.weight_high;
    }
}

static inline float32x4_t real(const int8_t *row, uint32x4_t at, const struct numbers *numbers) {
    const int32x4_t steps = vsubq_n_s32(vldrbq_gather_offset_s32(row, at), numbers->zero_point);
    return vmulq_n_f32(vcvtq_f32_s32(steps), numbers->scale);
}

/* value / scale, rounded once: a quotient within one unit of the last place becomes the nearest one, as what it leaves
 * is exact. The first step brings it that near. */
static inline float32x4_t divide(float32x4_t value, const struct numbers *numbers) {
    float32x4_t quotient = vmulq_n_f32(value, numbers->inverse);
    for (int step = 0; step < 2; step++) {
        const float32x4_t left = vfmaq_n_f32(value, quotient, -numbers->scale);
        quotient = vfmaq_n_f32(quotient, left, numbers->inverse);
    }
    return quotient;
}

/* Four values between two rows. */
static inline int32x4_t four(const int8_t *low, const int8_t *high, const struct half_pixel *y,
                             const struct places *places, int32_t i, const struct numbers *numbers) {
    const uint32x4_t left = vld1q_u32(places->low + i), right = vld1q_u32(places->high + i);
    const float32x4_t weight_left = vld1q_f32(places->weight_low + i),
                      weight_right = vld1q_f32(places->weight_high + i);
    float32x4_t sum = vmulq_f32(vmulq_n_f32(weight_left, y->weight_low), real(low, left, numbers));
    sum = vaddq_f32(sum, vmulq_f32(vmulq_n_f32(weight_right, y->weight_low), real(low, right, numbers)));
    sum = vaddq_f32(sum, vmulq_f32(vmulq_n_f32(weight_left, y->weight_high), real(high, left, numbers)));
    sum = vaddq_f32(sum, vmulq_f32(vmulq_n_f32(weight_right, y->weight_high), real(high, right, numbers)));
    /* As quantise() rounds. It lies between its neighbours, so there is nothing to clamp. */
    const int32x4_t bits = vreinterpretq_s32_f32(vaddq_n_f32(divide(sum, numbers), 12582912.0f));
    return vaddq_n_s32(bits, numbers->zero_point - 0x4B400000);
}

void kernel_mve_resize(const struct kernel_resize *layer, const int8_t *in, int8_t *out) {
    const struct numbers numbers = {layer->zero_point, layer->scale, 1.0f / layer->scale};
    const int32_t row = layer->in.width * layer->in.channels, length = row * layer->factor.width;
    struct places places;
    for (int32_t first = 0; first < length; first += BLOCK) {
        const int32_t count = length - first < BLOCK ? length - first : BLOCK;
        find(&places, layer, first, count);
        int8_t *to = out + first;
        for (int32_t out_y = 0; out_y < layer->in.height * layer->factor.height; out_y++, to += length) {
            const struct half_pixel y = half_pixel_at(out_y, (float)layer->factor.height, layer->in.height);
            const int8_t *low = in + y.low * row, *high = in + y.high * row;
            int32_t i = 0;
            for (; i + LANES <= count; i += LANES) {
                vstrbq_s32(to + i, four(low, high, &y, &places, i, &numbers));
            }
            if (i < count) {
                vstrbq_p_s32(to + i, four(low, high, &y, &places, i, &numbers), vctp32q((uint32_t)(count - i)));
            }
        }
    }
}
