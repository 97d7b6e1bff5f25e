/* The convolutions of the Helium set, by the rules of kernels.h. Tensors may be read up to 15 bytes beyond their end;
 * what is read there changes nothing. */
#ifndef MVE_H
#define MVE_H

#include "kernels.h"

/* One group, any kernel. Weights: see multiply.h, a pixel's inputs in the order [row][column][channel], padded with
 * zeros to a multiple of 16. If the number of channels is odd, the last pair has the last channel twice. Scratch: the
 * inputs of several pixels. */
void kernel_mve_conv(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                     int8_t *scratch);

/* Kernel 1x1, stride 1, no padding, one group, channels in a multiple of 4. */
void kernel_mve_pointwise(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                          int8_t *scratch);

/* One filter a channel. Weights, for every 16 channels: [row][column][16], padded with zeros. Bias and multiplier of
 * such channels in the order 0 4 8 12, 2 6 10 14, 1 5 9 13, 3 7 11 15. Scratch: for each stretch of a row whose outputs
 * lack the same taps, (4 + height x width) bytes for each channel, padded; n6gen computes the size. */
void kernel_mve_depthwise(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                          int8_t *scratch);

/* The same where the sum of two products of a channel may leave int16: more than one weight of -128. */
void kernel_mve_depthwise_wide(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                               int8_t *scratch);

/* Three convolutions, one behind the other: any of one group, a depthwise one, one that is 1x1 with stride 1. The
 * depthwise one has a kernel of 3x3, stride 1 or 2, no dilation, pads of 2 at most, and is 8 outputs wide at least, or
 * 4 with stride 1; its channels are a multiple of 4. Weights of the first and the last one as above, of the depthwise
 * one as in tiles.h. Scratch: rows + 1 rows of tiles, their outputs, and the gathered inputs of a row of the first
 * one's outputs if it gathers; n6gen computes the size. */
struct kernel_mve_block {
    struct kernel_conv first, depthwise, last;
    int32_t gathers; /* whether the first one's inputs must be gathered: unless it is pointwise as above */
    int32_t rows;    /* of tiles at a time: one or two rows of the depthwise one's outputs */
    int32_t rounds;  /* whether the depthwise one is fit for tiles_stride_1_fast() (tiles.h) */
};
void kernel_mve_block(const struct kernel_mve_block *block, const uint8_t *blob, const int8_t *in, int8_t *out,
                      int8_t *scratch);

/* kernel_mve_pointwise() with more inputs: those of one pixel, through a table of 256, the same for every output pixel.
 * Their weights: [out][channel], channels padded to a multiple of 16. `conv` is for the others; its weights are those
 * of multiply_long(). Scratch: biases int32, their number made even, and the pixel, each padded to a multiple of 16. */
struct kernel_mve_pixel {
    struct kernel_conv conv;
    int32_t channels; /* of the pixel */
    uint32_t weights, table;
};
void kernel_mve_pixel(const struct kernel_mve_pixel *layer, const uint8_t *blob, const int8_t *in, const int8_t *pixel,
                      int8_t *out, int8_t *scratch);

/* Convolutions of the same image whose outputs are joined pixel by pixel, and one behind them, 1x1, that reads all of
 * them, a few rows at a time: neither the outputs nor what they are joined to is ever there as a whole. */
struct kernel_mve_branch {
    struct kernel_conv depthwise; /* in front, stride 1, if there is one */
    struct kernel_conv conv;      /* pointwise, as above */
    struct kernel_place place;    /* of a row; its table is used if there is one */
    int32_t has_depthwise, wide;  /* wide: whether it is one for kernel_mve_depthwise_wide() */
    int32_t has_table;
    int32_t scratch; /* of the depthwise one, from the beginning of the layer's */
};

#define KERNEL_MVE_BRANCHES 8

/* `last` reads one pixel besides what is joined if `pixel` has channels. Scratch, each part padded to a multiple of 16:
 * what kernel_mve_pixel() needs, `rows` rows of what is joined, of a depthwise convolution's outputs, and of those that
 * go through a table; then what the depthwise ones need. */
struct kernel_mve_branches {
    const struct kernel_mve_branch *branches[KERNEL_MVE_BRANCHES];
    int32_t count, rows;
    int32_t joined, reduced, looked_up; /* where these parts of the scratch begin */
    struct kernel_mve_pixel last;
};
void kernel_mve_branches(const struct kernel_mve_branches *layer, const uint8_t *blob, const int8_t *in,
                         const int8_t *pixel, int8_t *out, int8_t *scratch);

/* out = a + b, element by element; out may be a or b. In whole numbers: the sum is a * a_factor + b * b_factor +
 * constant steps of 2^-(16 + shift) of the output's scale. n6gen compares all pairs with the definition before it uses
 * this. */
struct kernel_mve_add {
    int32_t size;
    int32_t a_factor, b_factor, constant, shift;
};
void kernel_mve_add(const struct kernel_mve_add *layer, const int8_t *a, const int8_t *b, int8_t *out);

/* kernel_average() for scales and sums that are no denormal numbers, which Helium takes for 0. */
void kernel_mve_average(const struct kernel_average *layer, const int8_t *in, int8_t *out);

/* kernel_resize() for scales within 2^-60 and 2^60, with which no step leaves what float32 holds in full. */
void kernel_mve_resize(const struct kernel_resize *layer, const int8_t *in, int8_t *out);

#endif
