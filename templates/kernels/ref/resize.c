/* Linear upsampling inside the network. */
#include "half_pixel.h"
#include "kernels.h"
#include "requant.h"

void kernel_resize(const struct kernel_resize *layer, const int8_t *in, int8_t *out) {
    const struct quantiser quantiser = quantiser_of(layer->zero_point);
    const int32_t zero = layer->zero_point;
    const float scale = layer->scale;
    const int32_t channels = layer->in.channels;
    const int32_t row = layer->in.width * channels;
    for (int32_t out_y = 0; out_y < layer->in.height * layer->factor.height; out_y++) {
        const struct half_pixel y = half_pixel_at(out_y, (float)layer->factor.height, layer->in.height);
        for (int32_t out_x = 0; out_x < layer->in.width * layer->factor.width; out_x++) {
            const struct half_pixel x = half_pixel_at(out_x, (float)layer->factor.width, layer->in.width);
            const int8_t *low_low = in + y.low * row + x.low * channels;
            const int8_t *low_high = in + y.low * row + x.high * channels;
            const int8_t *high_low = in + y.high * row + x.low * channels;
            const int8_t *high_high = in + y.high * row + x.high * channels;
            for (int32_t channel = 0; channel < channels; channel++) {
                const float real = half_pixel_blend(
                    &y, &x, (float)(low_low[channel] - zero) * scale, (float)(low_high[channel] - zero) * scale,
                    (float)(high_low[channel] - zero) * scale, (float)(high_high[channel] - zero) * scale);
                *out++ = quantise(real / scale, quantiser);
            }
        }
    }
}
