/* Depthwise convolution, 16 channels at a time.
 *
 * The image is cut into parts for all of whose outputs the same taps of the kernel lie inside of the input. The taps
 * outside, which multiply nothing but the zero point, become part of the part's bias. */
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

/* A part's own weights, those of the taps inside, and its own biases, with the taps outside, in `scratch`. */
static struct constants constants_of(const struct kernel_conv *layer, const struct constants *whole,
                                     const struct part *rows, const struct part *columns, int8_t *scratch) {
    const int8x16_t zero = vdupq_n_s8((int8_t)layer->in_zero_point);
    const int32_t channels = layer->out.channels;
    const int8_t *weight = whole->weights;
    int32_t *bias = (int32_t *)(void *)scratch;
    int8_t *to = scratch + (size_t)((channels + LANES - 1) / LANES * LANES) * sizeof *bias;
    const struct constants own = {to, bias};
    for (int32_t channel = 0; channel < channels; channel += LANES) {
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
    return own;
}

/* Every part: a rectangle of the output. */
static void all_parts(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                      int8_t *scratch, bool pairs) {
    const struct direction down = {layer->in.height,     layer->out.height,      layer->kernel.height,
                                   layer->stride.height, layer->dilation.height, layer->pad.height};
    const struct direction along = {layer->in.width,     layer->out.width,      layer->kernel.width,
                                    layer->stride.width, layer->dilation.width, layer->pad.width};
    const int32_t channels = layer->in.channels;
    const int32_t row_step = along.in * channels;
    const struct constants whole = {(const int8_t *)(blob + layer->weights),
                                    (const int32_t *)(const void *)(blob + layer->bias)};
    struct part rows, columns;
    for (int32_t y = 0; y < down.out; y += rows.count) {
        rows = part_at(&down, y);
        for (int32_t x = 0; x < along.out; x += columns.count) {
            columns = part_at(&along, x);
            const int32_t taps = rows.taps * columns.taps;
            const struct constants constants =
                taps == down.taps * along.taps ? whole : constants_of(layer, &whole, &rows, &columns, scratch);
            for (int32_t i = 0, tap = 0; i < rows.taps; i++) {
                for (int32_t j = 0; j < columns.taps; j++, tap++) {
                    offsets[tap] = i * down.dilation * row_step + j * along.dilation * channels;
                }
            }
            for (int32_t i = 0; i < rows.count; i++) {
                const struct depthwise_run run = {
                    .in = in + (rows.in + i * down.stride) * row_step + columns.in * channels,
                    .in_step = along.stride * channels,
                    .out = out + ((y + i) * along.out + x) * channels,
                    .channels = channels,
                    .pixels = columns.count,
                    .offsets = offsets,
                    .pairs = pairs ? taps / 2 : 0,
                    .singles = pairs ? taps % 2 : taps,
                    .weights = constants.weights,
                    .bias = constants.bias,
                    .multiplier = (const float *)(const void *)(blob + layer->multiplier),
                    .zero_point = layer->out_zero_point,
                };
                depthwise_run(&run);
            }
        }
    }
}

void kernel_mve_depthwise(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                          int8_t *scratch) {
    all_parts(layer, blob, in, out, scratch, true);
}

void kernel_mve_depthwise_wide(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                               int8_t *scratch) {
    all_parts(layer, blob, in, out, scratch, false);
}
