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

#endif
