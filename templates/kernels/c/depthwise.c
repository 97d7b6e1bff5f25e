/* Depthwise convolution in register blocks of four channels.
 *
 * Weights: for every four channels [row][column][4]; the last block is as wide as channels are left. Scratch: one
 * pixel of zero points, which stands for every pixel outside of the image. */
#include "blocked.h"

#define BLOCK 4

/* Where the inputs of one output pixel lie; the compiler refuses larger kernels. */
static const int8_t *taps[KERNEL_MAX_TAPS];

static void find_taps(const struct kernel_conv *layer, const int8_t *in, const int8_t *outside, int32_t y, int32_t x) {
    const int8_t **tap = taps;
    for (int32_t i = 0; i < layer->kernel.height; i++) {
        const int32_t in_y = y * layer->stride.height + i * layer->dilation.height - layer->pad.height;
        for (int32_t j = 0; j < layer->kernel.width; j++) {
            const int32_t in_x = x * layer->stride.width + j * layer->dilation.width - layer->pad.width;
            const int inside = in_y >= 0 && in_y < layer->in.height && in_x >= 0 && in_x < layer->in.width;
            *tap++ = inside ? in + (in_y * layer->in.width + in_x) * layer->in.channels : outside;
        }
    }
}

/* Four channels of one pixel. */
static void whole_block(const int8_t *weight, int32_t count, int32_t channel, const int32_t *bias,
                        const float *multiplier, struct quantiser quantiser, int8_t *out) {
    int32_t s0 = bias[0], s1 = bias[1], s2 = bias[2], s3 = bias[3];
    for (int32_t i = 0; i < count; i++) {
        const int8_t *x = taps[i] + channel;
        s0 += x[0] * weight[0];
        s1 += x[1] * weight[1];
        s2 += x[2] * weight[2];
        s3 += x[3] * weight[3];
        weight += BLOCK;
    }
    out[0] = requantise(s0, multiplier[0], quantiser);
    out[1] = requantise(s1, multiplier[1], quantiser);
    out[2] = requantise(s2, multiplier[2], quantiser);
    out[3] = requantise(s3, multiplier[3], quantiser);
}

void kernel_depthwise(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                      int8_t *scratch) {
    const int32_t *bias = (const int32_t *)(const void *)(blob + layer->bias);
    const float *multiplier = (const float *)(const void *)(blob + layer->multiplier);
    const struct quantiser quantiser = quantiser_of(layer->out_zero_point);
    const int32_t channels = layer->in.channels;
    const int32_t whole = channels / BLOCK * BLOCK;
    const int32_t count = layer->kernel.height * layer->kernel.width;
    memset(scratch, layer->in_zero_point, (size_t)channels);
    for (int32_t y = 0; y < layer->out.height; y++) {
        for (int32_t x = 0; x < layer->out.width; x++) {
            const int8_t *weight = (const int8_t *)(blob + layer->weights);
            find_taps(layer, in, scratch, y, x);
            for (int32_t channel = 0; channel < whole; channel += BLOCK) {
                whole_block(weight, count, channel, bias + channel, multiplier + channel, quantiser, out + channel);
                weight += count * BLOCK;
            }
            for (int32_t channel = whole; channel < channels; channel++) {
                int32_t sum = bias[channel];
                for (int32_t i = 0; i < count; i++) {
                    sum += taps[i][channel] * weight[i * (channels - whole) + channel - whole];
                }
                out[channel] = requantise(sum, multiplier[channel], quantiser);
            }
            out += channels;
        }
    }
}
