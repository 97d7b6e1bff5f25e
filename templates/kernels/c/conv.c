/* Convolutions in register blocks of two pixels by three output channels: five loads serve six multiplications.
 *
 * Weights, per group: for every three output channels [depth][3], depth = kernel height x width x channels in, padded
 * with zeros to a multiple of eight; the last three channels are padded too. Bias and multiplier have the group's
 * padded length. A pixel's inputs must lie in one row of `depth` bytes: where they don't, they are gathered. */
#include "blocked.h"

#include <stdbool.h>

#define STEP 8
#define BLOCK 3

static int32_t round_up(int32_t value, int32_t step) {
    return (value + step - 1) / step * step;
}

/* One group's constants and the place of its outputs. */
struct group {
    const int8_t *weights;
    const int32_t *bias;
    const float *multiplier;
    int32_t depth, channels; /* depth padded, channels not */
};

static struct group first_group(const struct kernel_conv *layer, const uint8_t *blob) {
    const struct group group = {
        (const int8_t *)(blob + layer->weights),
        (const int32_t *)(const void *)(blob + layer->bias),
        (const float *)(const void *)(blob + layer->multiplier),
        round_up(layer->kernel.height * layer->kernel.width * (layer->in.channels / layer->groups), STEP),
        layer->out.channels / layer->groups,
    };
    return group;
}

static struct group next_group(struct group group) {
    const int32_t padded = round_up(group.channels, BLOCK);
    group.weights += group.depth * padded;
    group.bias += padded;
    group.multiplier += padded;
    return group;
}

/* Two pixels, whose inputs lie at `a` and `b`; the second is computed in vain if it isn't stored. */
static void multiply(const struct group *group, const int8_t *a, const int8_t *b, bool two, int8_t *out, int32_t stride,
                     struct quantiser quantiser) {
    const int8_t *weight = group->weights;
    const int32_t depth = group->depth;
    for (int32_t channel = 0; channel < group->channels; channel += BLOCK) {
        const int32_t *bias = group->bias + channel;
        int32_t a0 = bias[0], a1 = bias[1], a2 = bias[2];
        int32_t b0 = a0, b1 = a1, b2 = a2;
        for (int32_t k = 0; k < depth; k += STEP) {
#pragma GCC unroll 8
            for (int32_t i = 0; i < STEP; i++) {
                const int32_t left = a[k + i];
                const int32_t right = b[k + i];
                a0 += left * weight[BLOCK * i];
                b0 += right * weight[BLOCK * i];
                a1 += left * weight[BLOCK * i + 1];
                b1 += right * weight[BLOCK * i + 1];
                a2 += left * weight[BLOCK * i + 2];
                b2 += right * weight[BLOCK * i + 2];
            }
            weight += BLOCK * STEP;
        }
        const float *multiplier = group->multiplier + channel;
        const int32_t count = group->channels - channel;
        out[channel] = requantise(a0, multiplier[0], quantiser);
        if (count > 1) {
            out[channel + 1] = requantise(a1, multiplier[1], quantiser);
        }
        if (count > 2) {
            out[channel + 2] = requantise(a2, multiplier[2], quantiser);
        }
        if (two) {
            int8_t *next = out + stride;
            next[channel] = requantise(b0, multiplier[0], quantiser);
            if (count > 1) {
                next[channel + 1] = requantise(b1, multiplier[1], quantiser);
            }
            if (count > 2) {
                next[channel + 2] = requantise(b2, multiplier[2], quantiser);
            }
        }
    }
}

/* Collects the inputs of one output pixel for one group. */
static void gather(const struct kernel_conv *layer, const int8_t *in, int32_t pixel, int32_t first, int32_t channels,
                   int8_t *row) {
    const int32_t top = pixel / layer->out.width * layer->stride.height - layer->pad.height;
    const int32_t left = pixel % layer->out.width * layer->stride.width - layer->pad.width;
    for (int32_t i = 0; i < layer->kernel.height; i++) {
        const int32_t y = top + i * layer->dilation.height;
        const bool inside = y >= 0 && y < layer->in.height;
        for (int32_t j = 0; j < layer->kernel.width; j++) {
            const int32_t x = left + j * layer->dilation.width;
            if (inside && x >= 0 && x < layer->in.width) {
                const int8_t *from = in + (y * layer->in.width + x) * layer->in.channels + first;
                for (int32_t k = 0; k < channels; k++) {
                    row[k] = from[k];
                }
            } else {
                memset(row, layer->in_zero_point, (size_t)channels);
            }
            row += channels;
        }
    }
}

void kernel_conv(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out, int8_t *scratch) {
    const struct quantiser quantiser = quantiser_of(layer->out_zero_point);
    const int32_t pixels = layer->out.height * layer->out.width;
    const int32_t stride = layer->out.channels;
    const int32_t channels = layer->in.channels / layer->groups;
    for (int32_t pixel = 0; pixel < pixels; pixel += 2) {
        const bool two = pixel + 1 < pixels;
        struct group group = first_group(layer, blob);
        int8_t *second = scratch + group.depth;
        for (int32_t i = 0; i < layer->groups; i++) {
            gather(layer, in, pixel, i * channels, channels, scratch);
            if (two) {
                gather(layer, in, pixel + 1, i * channels, channels, second);
            }
            multiply(&group, scratch, second, two, out + pixel * stride + i * group.channels, stride, quantiser);
            group = next_group(group);
        }
    }
}

void kernel_pointwise(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                      int8_t *scratch) {
    const int32_t depth = layer->in.channels;
    const struct group group = first_group(layer, blob);
    if (group.depth != depth) {
        kernel_conv(layer, blob, in, out, scratch);
        return;
    }
    const struct quantiser quantiser = quantiser_of(layer->out_zero_point);
    const int32_t pixels = layer->out.height * layer->out.width;
    const int32_t stride = layer->out.channels;
    for (int32_t pixel = 0; pixel < pixels; pixel += 2) {
        const bool two = pixel + 1 < pixels;
        const int8_t *first = in + pixel * depth;
        multiply(&group, first, two ? first + depth : first, two, out + pixel * stride, stride, quantiser);
    }
}
