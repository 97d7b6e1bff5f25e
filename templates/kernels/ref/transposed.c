/* Transposed convolution: each output pixel collects what reaches it. */
#include "operators.h"
#include "requant.h"

/* Which input row (column) reaches an output's through a weight, -1 if none does. */
static int32_t source_of(int32_t at, int32_t stride, int32_t size) {
    return at >= 0 && at % stride == 0 && at / stride < size ? at / stride : -1;
}

/* What one pixel, seen through `weight`, adds for one output channel. */
static int32_t share(const struct kernel_conv *layer, const int8_t *pixel, const int8_t *weight, int32_t depth) {
    int32_t sum = 0;
    for (int32_t k = 0; k < depth; k++) {
        sum += (pixel[k] - layer->in_zero_point) * weight[k];
    }
    return sum;
}

void kernel_transposed(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out) {
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
                int32_t sum = bias[channel];
                for (int32_t i = 0; i < layer->kernel.height; i++) {
                    const int32_t in_y = source_of(y + layer->pad.height - i * layer->dilation.height,
                                                   layer->stride.height, layer->in.height);
                    for (int32_t j = 0; j < layer->kernel.width; j++) {
                        const int32_t in_x = source_of(x + layer->pad.width - j * layer->dilation.width,
                                                       layer->stride.width, layer->in.width);
                        if (in_y >= 0 && in_x >= 0) {
                            const int8_t *pixel = in + (in_y * layer->in.width + in_x) * layer->in.channels;
                            sum += share(layer, pixel + channel / group_size * depth, weight, depth);
                        }
                        weight += depth;
                    }
                }
                *out++ = requantise(sum, multiplier[channel], quantiser);
            }
        }
    }
}
