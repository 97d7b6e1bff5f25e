/* Brings an output pixel's inputs together, 16 bytes at a time. */
#include "gather.h"

#include <arm_mve.h>
#include <stdbool.h>

#define BLOCK 16

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

/* A pixel of which some inputs lie outside of the image, or whose columns have gaps between them. */
static void gather_any(const struct kernel_conv *layer, const int8_t *in, int32_t top, int32_t left, int8_t *to) {
    const int32_t channels = layer->in.channels;
    for (int32_t i = 0; i < layer->kernel.height; i++) {
        const int32_t y = top + i * layer->dilation.height;
        const bool inside = y >= 0 && y < layer->in.height;
        for (int32_t j = 0; j < layer->kernel.width; j++) {
            const int32_t x = left + j * layer->dilation.width;
            if (inside && x >= 0 && x < layer->in.width) {
                to = copy(to, in + (y * layer->in.width + x) * channels, channels);
            } else {
                to = fill(to, layer->in_zero_point, channels);
            }
        }
    }
}

/* Pixels of one row, everything of which lies inside, columns side by side: one run of bytes for each row. */
static void gather_inside(const struct kernel_conv *layer, const int8_t *in, int32_t count, int32_t step, int8_t *to) {
    const int32_t channels = layer->in.channels;
    const int32_t run = layer->kernel.width * channels;
    const int32_t next_row = layer->dilation.height * layer->in.width * channels;
    if (run <= BLOCK && layer->kernel.height == 3) {
        for (int32_t i = 0; i < count; i++) {
            vst1q_s8(to, vld1q_s8(in));
            vst1q_s8(to + run, vld1q_s8(in + next_row));
            vst1q_s8(to + 2 * run, vld1q_s8(in + 2 * next_row));
            in += layer->stride.width * channels;
            to += step;
        }
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        int8_t *row = to;
        for (int32_t j = 0; j < layer->kernel.height; j++) {
            row = copy(row, in + j * next_row, run);
        }
        in += layer->stride.width * channels;
        to += step;
    }
}

/* How many of the outputs from column x on, `most` at most, see nothing outside of the image's width. */
static int32_t inside(const struct kernel_conv *layer, int32_t left, int32_t most) {
    const int32_t room = layer->in.width - layer->kernel.width - left;
    if (left < 0 || room < 0 || layer->dilation.width != 1) {
        return 0;
    }
    return room / layer->stride.width + 1 < most ? room / layer->stride.width + 1 : most;
}

void gather(const struct kernel_conv *layer, const int8_t *in, int32_t first, int32_t count, int32_t step, int8_t *to) {
    const int32_t width = layer->out.width;
    while (count > 0) {
        const int32_t x = first % width;
        const int32_t top = first / width * layer->stride.height - layer->pad.height;
        const int32_t left = x * layer->stride.width - layer->pad.width;
        const int32_t bottom = top + (layer->kernel.height - 1) * layer->dilation.height;
        const int32_t row = count < width - x ? count : width - x;
        int32_t done = top >= 0 && bottom < layer->in.height ? inside(layer, left, row) : 0;
        if (done > 0) {
            gather_inside(layer, in + (top * layer->in.width + left) * layer->in.channels, done, step, to);
        } else {
            gather_any(layer, in, top, left, to);
            done = 1;
        }
        first += done;
        count -= done;
        to += done * step;
    }
}
