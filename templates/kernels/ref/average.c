/* Global average pooling.
 *
 * The definition adds float32 values, so the order of the sum counts: four partial sums over pixels 0, 4, 8 ..., 1, 5,
 * 9 ... and so on while four pixels are left, joined as (0 + 2) + (1 + 3), then the last pixels one by one. */
#include "kernels.h"
#include "requant.h"

void kernel_average(const struct kernel_average *layer, const int8_t *in, int8_t *out) {
    const struct quantiser quantiser = quantiser_of(layer->out_zero_point);
    const int32_t pixels = layer->in.height * layer->in.width;
    const int32_t channels = layer->in.channels;
    for (int32_t channel = 0; channel < channels; channel++) {
        float part[4] = {0.0f, 0.0f, 0.0f, 0.0f};
        const int8_t *pixel = in + channel;
        int32_t left = pixels;
        for (; left >= 4; left -= 4) {
            for (int32_t lane = 0; lane < 4; lane++) {
                part[lane] += (float)(*pixel - layer->in_zero_point) * layer->in_scale;
                pixel += channels;
            }
        }
        float sum = (part[0] + part[2]) + (part[1] + part[3]);
        for (; left > 0; left--) {
            sum += (float)(*pixel - layer->in_zero_point) * layer->in_scale;
            pixel += channels;
        }
        out[channel] = quantise(sum / (float)pixels / layer->out_scale, quantiser);
    }
}
