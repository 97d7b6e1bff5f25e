/* Depthwise convolution, 16 channels at a time.
 *
 * The image is cut into parts for all of whose outputs the same taps of the kernel lie inside of the input. The taps
 * outside, which multiply nothing but the zero point, become part of the part's bias. */
#include "depthwise_rows.h"
#include "depthwise_run.h"
#include "mve.h"

#include <arm_mve.h>
#include <stdbool.h>
#include <stddef.h>

#define LANES 16

/* The size of everything along one direction. */
struct direction {
    int32_t in, out, taps, stride, dilation, pad;
};

/* Outputs from `first` on, as many as `count`, along one direction; inside for them: `taps` taps from `tap` on, the
 * first of them on the input's row or column `in` for the first output. */
struct part {
    int32_t first, count, tap, taps, in;
};

/* What a part's outputs have in common. */
struct constants {
    const int8_t *weights;
    const int32_t *bias;
};

/* The two directions of a layer's image. */
struct image {
    struct direction down, along;
};

/* Where the inputs of the current part's taps lie. */
static int32_t offsets[KERNEL_MAX_TAPS];

/* How many steps it takes from `from` to `to` or beyond; none if it is there. */
static int32_t steps(int32_t from, int32_t to, int32_t step) {
    return to <= from ? 0 : (to - from + step - 1) / step;
}

static int32_t smaller(int32_t a, int32_t b) {
    return a < b ? a : b;
}

/* The part that begins with output `first`. */
static struct part part_at(const struct direction *along, int32_t first) {
    const int32_t place = first * along->stride - along->pad;
    const int32_t begin = smaller(steps(place, 0, along->dilation), along->taps);
    const int32_t end = smaller(steps(place, along->in, along->dilation), along->taps);
    struct part part = {first, along->out - first, begin, end - begin, place + begin * along->dilation};
    /* It lasts until the tap before these comes inside, or the last of them leaves. */
    if (begin > 0) {
        part.count = smaller(part.count, steps(place + (begin - 1) * along->dilation, 0, along->stride));
    }
    if (end > begin) {
        part.count = smaller(part.count, steps(place + (end - 1) * along->dilation, along->in, along->stride));
    }
    return part;
}

static bool is_inside(const struct part *part, int32_t tap) {
    return tap >= part->tap && tap < part->tap + part->taps;
}

/* Sums, in their order of channels, and one more tap. */
static inline void add_tap(int32x4_t sums[4], int8x16_t x, int8x16_t weight) {
    const int16x8_t even = vmullbq_int_s8(x, weight);
    const int16x8_t odd = vmulltq_int_s8(x, weight);
    sums[0] = vaddq_s32(sums[0], vmovlbq_s16(even));
    sums[1] = vaddq_s32(sums[1], vmovltq_s16(even));
    sums[2] = vaddq_s32(sums[2], vmovlbq_s16(odd));
    sums[3] = vaddq_s32(sums[3], vmovltq_s16(odd));
}

static size_t padded(const struct kernel_conv *layer) {
    return (size_t)((layer->out.channels + LANES - 1) / LANES * LANES);
}

/* Where a part's own constants lie in its scratch. */
static struct constants own_constants(const struct kernel_conv *layer, int8_t *scratch) {
    const struct constants own = {scratch + padded(layer) * sizeof(int32_t), (const int32_t *)(const void *)scratch};
    return own;
}

/* A part's own weights, those of the taps inside, and its own biases, with the taps outside. */
static void make_constants(const struct kernel_conv *layer, const struct constants *whole, const struct part *rows,
                           const struct part *columns, int8_t *scratch) {
    const int8x16_t zero = vdupq_n_s8((int8_t)layer->in_zero_point);
    const int8_t *weight = whole->weights;
    int32_t *bias = (int32_t *)(void *)scratch;
    int8_t *to = scratch + padded(layer) * sizeof *bias;
    for (int32_t channel = 0; channel < layer->out.channels; channel += LANES) {
        int32x4_t sums[4];
        for (int32_t i = 0; i < 4; i++) {
            sums[i] = vld1q_s32(whole->bias + channel + 4 * i);
        }
        for (int32_t i = 0; i < layer->kernel.height; i++) {
            for (int32_t j = 0; j < layer->kernel.width; j++) {
                const int8x16_t w = vld1q_s8(weight);
                weight += LANES;
                if (is_inside(rows, i) && is_inside(columns, j)) {
                    vst1q_s8(to, w);
                    to += LANES;
                } else {
                    add_tap(sums, zero, w);
                }
            }
        }
        for (int32_t i = 0; i < 4; i++) {
            vst1q_s32(bias + channel + 4 * i, sums[i]);
        }
    }
}

/* The rows from `y` on that have the same taps. `begins`: whether the row above has others. */
static struct part rows_at(const struct direction *down, int32_t y, bool *begins) {
    *begins = y == 0 || part_at(down, y - 1).count == 1;
    return part_at(down, y);
}

/* `count` rows of outputs, all with the taps of `rows`; `made`: whether their constants are in `scratch` already. */
static void same_rows(const struct kernel_conv *conv, bool wide, const uint8_t *blob, const int8_t *in, int8_t *out,
                      int8_t *scratch, const struct image *image, const struct part *rows, int32_t count, bool made) {
    const int32_t channels = conv->in.channels;
    const int32_t row_step = image->along.in * channels;
    const int32_t all = image->down.taps * image->along.taps;
    const struct constants whole = {(const int8_t *)(blob + conv->weights),
                                    (const int32_t *)(const void *)(blob + conv->bias)};
    struct part columns;
    for (int32_t x = 0; x < image->along.out; x += columns.count) {
        struct constants constants = whole;
        int32_t taps;
        columns = part_at(&image->along, x);
        taps = rows->taps * columns.taps;
        if (taps != all) {
            if (!made) {
                make_constants(conv, &whole, rows, &columns, scratch);
            }
            constants = own_constants(conv, scratch);
            scratch += padded(conv) * (sizeof(int32_t) + (size_t)all);
        }
        for (int32_t i = 0, tap = 0; i < rows->taps; i++) {
            for (int32_t j = 0; j < columns.taps; j++, tap++) {
                offsets[tap] = i * image->down.dilation * row_step + j * image->along.dilation * channels;
            }
        }
        for (int32_t i = 0; i < count; i++) {
            const struct depthwise_run run = {
                .in = in + (rows->in + i * image->down.stride) * row_step + columns.in * channels,
                .in_step = image->along.stride * channels,
                .out = out + (i * image->along.out + x) * channels,
                .channels = channels,
                .pixels = columns.count,
                .offsets = offsets,
                .pairs = wide ? 0 : taps / 2,
                .singles = wide ? taps : taps % 2,
                .weights = constants.weights,
                .bias = constants.bias,
                .multiplier = (const float *)(const void *)(blob + conv->multiplier),
                .zero_point = conv->out_zero_point,
            };
            depthwise_run(&run);
        }
    }
}

void depthwise_rows(const struct kernel_conv *layer, bool wide, const uint8_t *blob, const int8_t *in, int32_t first,
                    int32_t count, int8_t *out, int8_t *scratch) {
    const struct image image = {
        .down = {layer->in.height, layer->out.height, layer->kernel.height, layer->stride.height,
                 layer->dilation.height, layer->pad.height},
        .along = {layer->in.width, layer->out.width, layer->kernel.width, layer->stride.width, layer->dilation.width,
                  layer->pad.width},
    };
    while (count > 0) {
        bool begins;
        const struct part rows = rows_at(&image.down, first, &begins);
        const int32_t now = smaller(rows.count, count);
        same_rows(layer, wide, blob, in, out, scratch, &image, &rows, now, !begins);
        out += now * image.along.out * layer->out.channels;
        first += now;
        count -= now;
    }
}

void kernel_mve_depthwise(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                          int8_t *scratch) {
    depthwise_rows(layer, false, blob, in, 0, layer->out.height, out, scratch);
}

void kernel_mve_depthwise_wide(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                               int8_t *scratch) {
    depthwise_rows(layer, true, blob, in, 0, layer->out.height, out, scratch);
}
