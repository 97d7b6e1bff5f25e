/* decode_rounded: the mask that the whole integer network gives, without making its upsampled tensor. */
#include <math.h>

#include "half_pixel.h"
#include "interpolate.h"

/* Within these no product is subnormal or infinite, so every step is rounded to 24 bits. */
#define MIN_SCALE 0x1p-60f
#define MAX_SCALE 0x1p60f

/* lrintf and rintf are library calls on Arm; adding 1.5 * 2^23 leaves a float's integer part, half to even. */
static float to_integer(float value) {
    const float shift = 12582912.0f;
    return (value + shift) - shift;
}

static uint8_t judge(const struct decode_head *head, const void *logits, uint32_t among, int32_t out_y, int32_t out_x) {
    const struct decode_view view = decode_view_of(head);
    const struct half_pixel y = half_pixel_at(out_y, (float)(head->mask_height / head->height), head->height);
    const struct half_pixel x = half_pixel_at(out_x, (float)(head->mask_width / head->width), head->width);
    const size_t corners[4] = {
        (size_t)y.low * view.row + (size_t)x.low * view.pixel,
        (size_t)y.low * view.row + (size_t)x.high * view.pixel,
        (size_t)y.high * view.row + (size_t)x.low * view.pixel,
        (size_t)y.high * view.row + (size_t)x.high * view.pixel,
    };
    uint8_t winner = 0;
    float top = -INFINITY;
    for (; among != 0; among &= among - 1) {
        const uint32_t label = (uint32_t)__builtin_ctz(among);
        float real[4];
        for (int corner = 0; corner < 4; corner++) {
            const int32_t q = decode_integer(head, logits, corners[corner] + label * view.label);
            real[corner] = (float)(q - head->zero_point) * head->scale;
        }
        /* A blend lies between its corners, so the quantiser's clamp never acts. */
        const float rounded = to_integer(half_pixel_blend(&y, &x, real[0], real[1], real[2], real[3]) / head->scale);
        if (rounded > top) {
            winner = (uint8_t)label;
            top = rounded;
        }
    }
    return winner;
}

int decode_rounded(const struct decode_head *head, const void *logits, uint8_t *mask) {
    if (!(head->scale >= MIN_SCALE && head->scale <= MAX_SCALE)) {
        return DECODE_E_SCALE;
    }
    return decode_interpolate(head, logits, mask, judge);
}
