/* Linear interpolation at places that the compiler worked out. */
#include "half_pixel.h"
#include "operators.h"
#include "requant.h"

_Static_assert(sizeof(struct half_pixel) == 16, "the compiler writes two int32 and two floats");

void kernel_interpolate(const struct kernel_interpolate *layer, const uint8_t *blob, const int8_t *in, int8_t *out) {
    const struct half_pixel *rows = (const struct half_pixel *)(const void *)(blob + layer->rows);
    const struct half_pixel *columns = (const struct half_pixel *)(const void *)(blob + layer->columns);
    const struct quantiser quantiser = quantiser_of(layer->out_zero_point);
    const int32_t zero = layer->in_zero_point;
    const float scale = layer->in_scale;
    const int32_t channels = layer->in.channels;
    const int32_t row = layer->in.width * channels;
    for (int32_t y = 0; y < layer->out.height; y++) {
        const struct half_pixel *down = rows + y;
        for (int32_t x = 0; x < layer->out.width; x++) {
            const struct half_pixel *along = columns + x;
            const int8_t *low_low = in + down->low * row + along->low * channels;
            const int8_t *low_high = in + down->low * row + along->high * channels;
            const int8_t *high_low = in + down->high * row + along->low * channels;
            const int8_t *high_high = in + down->high * row + along->high * channels;
            for (int32_t channel = 0; channel < channels; channel++) {
                const float real = half_pixel_blend(
                    down, along, (float)(low_low[channel] - zero) * scale, (float)(low_high[channel] - zero) * scale,
                    (float)(high_low[channel] - zero) * scale, (float)(high_high[channel] - zero) * scale);
                *out++ = quantise(real / layer->out_scale, quantiser);
            }
        }
    }
}
