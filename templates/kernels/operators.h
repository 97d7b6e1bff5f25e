/* The int8 operators besides those of kernels.h, which set the rules. One file of templates/kernels/ref implements each
 * of them for all kernel sets. */
#ifndef OPERATORS_H
#define OPERATORS_H

#include <stdint.h>

#include "kernels.h"

/* out = table[in], element by element; out may be in. `channels` tables of 256 for -128 ... 127, one after another: the
 * tensor is pixels x channels, where all channels may count as one. */
struct kernel_map {
    int32_t pixels, channels;
    uint32_t table;
};
void kernel_map(const struct kernel_map *layer, const uint8_t *blob, const int8_t *in, int8_t *out);

/* Element-wise operations on two tensors. A step is the way from one row, column or channel of an operand to the next,
 * in bytes; 0 where it is repeated. out may be an operand of its own shape. */
struct kernel_binary {
    struct kernel_shape out, a_step, b_step;
    int32_t a_zero_point, b_zero_point, out_zero_point;
    float a_scale, b_scale, out_scale;
};
void kernel_binary_add(const struct kernel_binary *layer, const int8_t *a, const int8_t *b, int8_t *out);
void kernel_binary_sub(const struct kernel_binary *layer, const int8_t *a, const int8_t *b, int8_t *out);
void kernel_binary_mul(const struct kernel_binary *layer, const int8_t *a, const int8_t *b, int8_t *out);
void kernel_binary_max(const struct kernel_binary *layer, const int8_t *a, const int8_t *b, int8_t *out);
void kernel_binary_min(const struct kernel_binary *layer, const int8_t *a, const int8_t *b, int8_t *out);

/* A transposed convolution: y gets w[i] * (x[j] - in_zero_point) wherever y + pad = stride * j + dilation * i. Weights
 * [out][row][column][in / groups]; bias without the zero point folded in. */
void kernel_transposed(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out);

/* A window that moves over an image. What it sees outside of the image is passed over; it always sees a pixel. */
struct kernel_pool {
    struct kernel_shape in, out;
    struct kernel_pair kernel, stride, dilation;
    struct kernel_pair pad; /* above and to the left */
};

/* The largest value; scale and zero point stay. */
void kernel_max_pool(const struct kernel_pool *layer, const int8_t *in, int8_t *out);

/* The mean. What counts are the rows from first.height to before end.height, columns alike: those of the image, or of
 * its padding too. by_columns: the sum is over columns of the window that were added up before, else row by row. */
struct kernel_average_pool {
    struct kernel_pool pool;
    struct kernel_pair first, end;
    int32_t by_columns;
    int32_t in_zero_point, out_zero_point;
    float in_scale, out_scale;
};
void kernel_average_pool(const struct kernel_average_pool *layer, const int8_t *in, int8_t *out);

/* Linear interpolation at any places: for each row and column of the output, a struct half_pixel in the weights. */
struct kernel_interpolate {
    struct kernel_shape in, out;
    uint32_t rows, columns;
    int32_t in_zero_point, out_zero_point;
    float in_scale, out_scale;
};
void kernel_interpolate(const struct kernel_interpolate *layer, const uint8_t *blob, const int8_t *in, int8_t *out);

/* Some rows, columns and channels: for each row and column of the output, an int32 in the weights says how many bytes
 * into the input or into the row it begins. Channels are `channel`, then one every channel_step. */
struct kernel_pick {
    struct kernel_shape out;
    int32_t channel, channel_step;
    uint32_t rows, columns;
};
void kernel_pick(const struct kernel_pick *layer, const uint8_t *blob, const int8_t *in, int8_t *out);

#endif
