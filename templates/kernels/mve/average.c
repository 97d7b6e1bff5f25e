/* Global average pooling, four channels at a time. The order of the sums is that of ref/average.c. */
#include "mve.h"
#include "requant.h"

#include <arm_mve.h>

#define LANES 4

static inline float32x4_t real(const int8_t *in, int32_t zero_point, float scale) {
    return vmulq_n_f32(vcvtq_f32_s32(vsubq_n_s32(vldrbq_s32(in), zero_point)), scale);
}

void kernel_mve_average(const struct kernel_average *layer, const int8_t *in, int8_t *out) {
    const struct quantiser quantiser = quantiser_of(layer->out_zero_point);
    const int32_t pixels = layer->in.height * layer->in.width;
    const int32_t channels = layer->in.channels;
    const int32_t zero_point = layer->in_zero_point;
    const float scale = layer->in_scale;
    for (int32_t channel = 0; channel < channels; channel += LANES) {
        const int8_t *pixel = in + channel;
        float32x4_t part[4] = {vdupq_n_f32(0.0f), vdupq_n_f32(0.0f), vdupq_n_f32(0.0f), vdupq_n_f32(0.0f)};
        int32_t left = pixels;
        for (; left >= 4; left -= 4) {
            part[0] = vaddq_f32(part[0], real(pixel, zero_point, scale));
            part[1] = vaddq_f32(part[1], real(pixel + channels, zero_point, scale));
            part[2] = vaddq_f32(part[2], real(pixel + 2 * channels, zero_point, scale));
            part[3] = vaddq_f32(part[3], real(pixel + 3 * channels, zero_point, scale));
            pixel += 4 * channels;
        }
        float32x4_t sum = vaddq_f32(vaddq_f32(part[0], part[2]), vaddq_f32(part[1], part[3]));
        for (; left > 0; left--) {
            sum = vaddq_f32(sum, real(pixel, zero_point, scale));
            pixel += channels;
        }
        float sums[LANES];
        vst1q_f32(sums, sum);
        for (int32_t i = 0; i < LANES && channel + i < channels; i++) {
            out[channel + i] = quantise(sums[i] / (float)pixels / layer->out_scale, quantiser);
        }
    }
}
