/* A pointwise convolution some of whose inputs are the same everywhere. */
#include "pixel.h"
#include "mve.h"
#include "products.h"

#include <arm_mve.h>
#include <string.h>

static int32_t round_up(int32_t value) {
    return (value + PRODUCTS_BLOCK - 1) / PRODUCTS_BLOCK * PRODUCTS_BLOCK;
}

const int32_t *pixel_biases(const struct kernel_mve_pixel *layer, const uint8_t *blob, const int8_t *pixel,
                            int8_t *scratch) {
    const struct kernel_conv *conv = &layer->conv;
    const int32_t *bias = (const int32_t *)(const void *)(blob + conv->bias);
    const int8_t *weights = (const int8_t *)(blob + layer->weights);
    const int8_t *table = (const int8_t *)(blob + layer->table) + 128;
    const int32_t channels = (conv->out.channels + 1) / 2 * 2;
    const int32_t length = round_up(layer->channels);
    int32_t *sums = (int32_t *)(void *)scratch;
    int8_t *inputs = scratch + round_up(channels * (int32_t)sizeof *sums);
    memset(inputs, 0, (size_t)length);
    for (int32_t i = 0; i < layer->channels; i++) {
        inputs[i] = table[pixel[i]];
    }
    for (int32_t channel = 0; channel < conv->out.channels; channel++) {
        int32_t sum = bias[channel];
        for (int32_t i = 0; i < length; i += PRODUCTS_BLOCK) {
            sum = vmladavaq_s8(sum, vld1q_s8(inputs + i), vld1q_s8(weights + i));
        }
        sums[channel] = sum;
        weights += length;
    }
    sums[channels - 1] = sums[conv->out.channels - 1];
    return sums;
}

void kernel_mve_pixel(const struct kernel_mve_pixel *layer, const uint8_t *blob, const int8_t *in, const int8_t *pixel,
                      int8_t *out, int8_t *scratch) {
    const struct kernel_conv *conv = &layer->conv;
    const int32_t *biases = pixel_biases(layer, blob, pixel, scratch);
    products_biased(conv, blob, in, conv->in.channels, conv->out.height * conv->out.width, out, biases);
}
