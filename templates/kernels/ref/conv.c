/* Convolutions, reference: one sum after another. Weights: [out][row][column][in per group]; depthwise the same. */
#include "kernels.h"
#include "requant.h"

static int32_t input_at(const struct kernel_conv *layer, const int8_t *in, int32_t y, int32_t x, int32_t channel) {
    if (y < 0 || y >= layer->in.height || x < 0 || x >= layer->in.width) {
        return layer->in_zero_point;
    }
    return in[(y * layer->in.width + x) * layer->in.channels + channel];
}

void kernel_conv(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out, int8_t *scratch) {
    (void)scratch;
    const int8_t *weights = (const int8_t *)(blob + layer->weights);
    const int32_t *bias = (const int32_t *)(const void *)(blob + layer->bias);
    const float *multiplier = (const float *)(const void *)(blob + layer->multiplier);
    const struct quantiser quantiser = quantiser_of(layer->out_zero_point);
    const int32_t depth = layer->in.channels / layer->groups;
    const int32_t group_size = layer->out.channels / layer->groups;
    for (int32_t y = 0; y < layer->out.height; y++) {
        for (int32_t x = 0; x < layer->out.width; x++) {
            const int8_t *weight = weights;
            for (int32_t channel = 0; channel < layer->out.channels; channel++) {
                const int32_t first = channel / group_size * depth;
                int32_t sum = bias[channel];
                for (int32_t row = 0; row < layer->kernel.height; row++) {
                    const int32_t in_y = y * layer->stride.height + row * layer->dilation.height - layer->pad.height;
                    for (int32_t column = 0; column < layer->kernel.width; column++) {
                        const int32_t in_x =
                            x * layer->stride.width + column * layer->dilation.width - layer->pad.width;
                        for (int32_t k = 0; k < depth; k++) {
                            sum += input_at(layer, in, in_y, in_x, first + k) * *weight++;
                        }
                    }
                }
                *out++ = requantise(sum, multiplier[channel], quantiser);
            }
        }
    }
}

void kernel_depthwise(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                      int8_t *scratch) {
    kernel_conv(layer, blob, in, out, scratch);
}

void kernel_pointwise(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                      int8_t *scratch) {
    kernel_conv(layer, blob, in, out, scratch);
}
