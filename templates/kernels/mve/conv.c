/* Convolutions of one group. */
#include "multiply.h"
#include "mve.h"

#include <arm_mve.h>
#include <stdalign.h>
#include <stdbool.h>

#define BLOCK 16
#define GROUP 4

/* Bytes of gathered inputs, if that is four pixels at least. */
#define GATHERED 4096

static int32_t blocks_of(const struct kernel_conv *layer) {
    const int32_t depth = layer->kernel.height * layer->kernel.width * layer->in.channels;
    return (depth + BLOCK - 1) / BLOCK;
}

static void multiply_channels(const struct multiply *job) {
    if (job->blocks <= MULTIPLY_BLOCKS) {
        multiply(job);
    } else {
        multiply_long(job);
    }
}

/* All channels of job->groups times four pixels, `step` bytes apart; in each of these places are the outputs of one. */
static void multiply_pixels(struct multiply job, int32_t channels, int32_t step) {
    const int32_t pair_bytes =
        job.blocks <= MULTIPLY_BLOCKS ? (2 * job.blocks + 1) * BLOCK : 2 * job.blocks * BLOCK + 8;
    const int32_t even = channels / 2 * 2;
    alignas(4) uint16_t offsets[2 * GROUP];
    job.offsets = offsets;
    job.out_step = GROUP * step;
    job.end = job.weights + channels / 2 * pair_bytes;
    for (int32_t pixel = 0; pixel < GROUP; pixel++) {
        offsets[2 * pixel] = (uint16_t)(pixel * step);
        offsets[2 * pixel + 1] = (uint16_t)(pixel * step + 1);
    }
    if (even > 0) {
        multiply_channels(&job);
    }
    if (even < channels) {
        /* Both of the pair are the last channel, and go to the same place. */
        for (int32_t pixel = 0; pixel < GROUP; pixel++) {
            offsets[2 * pixel + 1] = offsets[2 * pixel];
        }
        job.weights = job.end;
        job.end += pair_bytes;
        job.out += even;
        job.bias += even;
        multiply_channels(&job);
    }
}

/* `pixels` pixels, `in_step` bytes apart, to consecutive outputs. */
static void multiply_all(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int32_t in_step,
                         int32_t pixels, int8_t *out) {
    const int32_t channels = layer->out.channels;
    struct multiply job = {
        .in = in,
        .in_step = in_step,
        .weights = blob + layer->weights,
        .out = out,
        .groups = pixels / GROUP,
        .blocks = blocks_of(layer),
        .zero_point = layer->out_zero_point,
        .bias = (const int32_t *)(const void *)(blob + layer->bias),
    };
    if (pixels >= GROUP) {
        multiply_pixels(job, channels, channels);
        if (pixels % GROUP != 0) {
            /* Some of the last four have been computed already. */
            job.in += (pixels - GROUP) * in_step;
            job.out += (pixels - GROUP) * channels;
            job.groups = 1;
            multiply_pixels(job, channels, channels);
        }
        return;
    }
    /* Each as four pixels in one place. */
    job.groups = 1;
    job.in_step = 0;
    for (int32_t pixel = 0; pixel < pixels; pixel++) {
        multiply_pixels(job, channels, 0);
        job.in += in_step;
        job.out += channels;
    }
}

void kernel_mve_pointwise(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                          int8_t *scratch) {
    (void)scratch;
    multiply_all(layer, blob, in, layer->in.channels, layer->out.height * layer->out.width, out);
}

/* Up to 15 bytes more than `count` are read and written. */
static inline int8_t *copy(int8_t *to, const int8_t *from, int32_t count) {
    for (int32_t i = 0; i < count; i += BLOCK) {
        vst1q_s8(to + i, vld1q_s8(from + i));
    }
    return to + count;
}

static inline int8_t *fill(int8_t *to, int32_t value, int32_t count) {
    for (int32_t i = 0; i < count; i += BLOCK) {
        vst1q_s8(to + i, vdupq_n_s8((int8_t)value));
    }
    return to + count;
}

/* A pixel of which some inputs lie outside of the image, or with gaps between its columns. */
static void gather_any(const struct kernel_conv *layer, const int8_t *in, int32_t top, int32_t left, int8_t *row) {
    const int32_t channels = layer->in.channels;
    for (int32_t i = 0; i < layer->kernel.height; i++) {
        const int32_t y = top + i * layer->dilation.height;
        const bool inside = y >= 0 && y < layer->in.height;
        for (int32_t j = 0; j < layer->kernel.width; j++) {
            const int32_t x = left + j * layer->dilation.width;
            if (inside && x >= 0 && x < layer->in.width) {
                row = copy(row, in + (y * layer->in.width + x) * channels, channels);
            } else {
                row = fill(row, layer->in_zero_point, channels);
            }
        }
    }
}

/* Everything inside, columns side by side. */
static inline void gather_inside(const struct kernel_conv *layer, const int8_t *from, int8_t *row) {
    const int32_t run = layer->kernel.width * layer->in.channels;
    const int32_t next = layer->dilation.height * layer->in.width * layer->in.channels;
    for (int32_t i = 0; i < layer->kernel.height; i++) {
        row = copy(row, from, run);
        from += next;
    }
}

static void gather(const struct kernel_conv *layer, const int8_t *in, int32_t pixel, int8_t *row) {
    const int32_t top = pixel / layer->out.width * layer->stride.height - layer->pad.height;
    const int32_t left = pixel % layer->out.width * layer->stride.width - layer->pad.width;
    const int32_t bottom = top + (layer->kernel.height - 1) * layer->dilation.height;
    const int32_t right = left + layer->kernel.width - 1;
    if (top >= 0 && left >= 0 && bottom < layer->in.height && right < layer->in.width && layer->dilation.width == 1) {
        gather_inside(layer, in + (top * layer->in.width + left) * layer->in.channels, row);
    } else {
        gather_any(layer, in, top, left, row);
    }
}

void kernel_mve_conv(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                     int8_t *scratch) {
    const int32_t step = blocks_of(layer) * BLOCK;
    const int32_t most = GATHERED / step > GROUP ? GATHERED / step : GROUP;
    const int32_t pixels = layer->out.height * layer->out.width;
    for (int32_t first = 0; first < pixels; first += most) {
        const int32_t count = pixels - first < most ? pixels - first : most;
        for (int32_t i = 0; i < count; i++) {
            gather(layer, in, first + i, scratch + i * step);
        }
        multiply_all(layer, blob, scratch, step, count, out + first * layer->out.channels);
    }
}
