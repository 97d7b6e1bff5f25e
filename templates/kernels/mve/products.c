/* Cuts products into what multiply.S takes: groups of four pixels, pairs of channels. */
#include "products.h"
#include "multiply.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>

#define GROUP 4
/* Bytes of a pair's constants. */
#define SHORT_CONSTANTS 20
#define LONG_CONSTANTS 8
/* Where among them the zero point is. */
#define ZERO_POINT 16

int32_t products_blocks(const struct kernel_conv *layer) {
    const int32_t depth = layer->kernel.height * layer->kernel.width * layer->in.channels;
    return (depth + PRODUCTS_BLOCK - 1) / PRODUCTS_BLOCK;
}

/* Whether biases lie among the weights. */
static bool is_short(const struct multiply *job) {
    return job->bias == NULL;
}

static int32_t pair_bytes(const struct multiply *job) {
    return 2 * job->blocks * PRODUCTS_BLOCK + (is_short(job) ? SHORT_CONSTANTS : LONG_CONSTANTS);
}

static struct multiply job_of(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int32_t in_step,
                              int8_t *out, const int32_t *bias) {
    const struct multiply job = {
        .in = in,
        .in_step = in_step,
        .weights = blob + layer->weights,
        .out = out,
        .blocks = products_blocks(layer),
        .zero_point = layer->out_zero_point,
        .bias = bias,
    };
    return job;
}

/* Whether n6gen has proven that the fast functions do. */
static bool is_fast(const struct multiply *job) {
    const uint8_t *constants = job->weights + 2 * job->blocks * PRODUCTS_BLOCK;
    return *(const int32_t *)(const void *)(constants + ZERO_POINT) >= MULTIPLY_FAST / 2;
}

/* Groups of pixels, whose outputs are `pixel_step` bytes apart, by whichever of the functions it is. */
static void multiply_pairs(struct multiply *job, int32_t pixel_step, int32_t channel_step, int32_t second) {
    alignas(4) uint16_t offsets[4 * GROUP];
    for (int32_t i = 0; i < 2 * GROUP; i++) {
        const int32_t offset = i / 2 * pixel_step + i % 2 * channel_step;
        offsets[i] = (uint16_t)offset;
        offsets[2 * GROUP + i] = (uint16_t)(offset + second);
    }
    job->offsets = offsets;
    job->out_step = GROUP * pixel_step;
    if (job->pair_step != 0) {
        (is_fast(job) ? multiply_twice_fast : multiply_twice)(job);
    } else if (is_short(job)) {
        (is_fast(job) ? multiply_fast : multiply)(job);
    } else {
        multiply_long(job);
    }
}

/* All channels. If their number is odd, both of the last pair are the last one, and go to the same place. */
static void multiply_channels(struct multiply job, int32_t channels, int32_t pixel_step, int32_t channel_step,
                              int32_t second) {
    job.end = job.weights + channels / 2 * pair_bytes(&job);
    if (channels > 1) {
        multiply_pairs(&job, pixel_step, channel_step, second);
    }
    if (channels % 2 != 0) {
        job.weights = job.end;
        job.end += pair_bytes(&job);
        job.out += (channels - 1) * channel_step;
        job.bias += is_short(&job) ? 0 : channels - 1;
        multiply_pairs(&job, pixel_step, 0, second);
    }
}

void products(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int32_t in_step, int32_t pixels,
              int8_t *out) {
    products_apart(layer, blob, in, in_step, pixels, out, layer->out.channels, NULL);
}

void products_biased(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int32_t in_step,
                     int32_t pixels, int8_t *out, const int32_t *bias) {
    products_apart(layer, blob, in, in_step, pixels, out, layer->out.channels, bias);
}

void products_apart(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int32_t in_step,
                    int32_t pixels, int8_t *out, int32_t out_step, const int32_t *bias) {
    const bool apart = bias == NULL && products_blocks(layer) > MULTIPLY_BLOCKS;
    const int32_t channels = layer->out.channels;
    struct multiply job =
        job_of(layer, blob, in, in_step, out, apart ? (const int32_t *)(const void *)(blob + layer->bias) : bias);
    job.groups = pixels / GROUP;
    if (job.groups > 0) {
        multiply_channels(job, channels, out_step, 1, 0);
    }
    job.groups = 1;
    if (pixels >= GROUP && pixels % GROUP != 0) {
        /* Some of the last four have been computed already. */
        job.in += (pixels - GROUP) * in_step;
        job.out += (pixels - GROUP) * out_step;
        multiply_channels(job, channels, out_step, 1, 0);
    }
    for (int32_t pixel = 0; pixel < pixels && pixels < GROUP; pixel++) {
        /* As four pixels in one place. */
        job.in_step = 0;
        multiply_channels(job, channels, 0, 1, 0);
        job.in += in_step;
        job.out += out_step;
    }
}

void products_to(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int32_t in_step,
                 int32_t pixels, const struct products_place *place) {
    const int32_t channels = layer->out.channels;
    struct multiply job = job_of(layer, blob, in, in_step, place->first, NULL);
    job.groups = pixels / GROUP;
    job.pair_step = 2 * place->channel_step;
    multiply_channels(job, channels, place->pixel_step, place->channel_step, place->second);
    if (pixels % GROUP != 0) {
        job.groups = 1;
        job.in += (pixels - GROUP) * in_step;
        job.out += (pixels - GROUP) * place->pixel_step;
        multiply_channels(job, channels, place->pixel_step, place->channel_step, place->second);
    }
}
