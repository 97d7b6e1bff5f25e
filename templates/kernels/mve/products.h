/* Convolutions of one group whose inputs lie side by side: many pixels, all channels, on top of multiply.S. */
#ifndef PRODUCTS_H
#define PRODUCTS_H

#include "kernels.h"

/* Inputs that one instruction multiplies; a pixel's are padded to a multiple of it. */
#define PRODUCTS_BLOCK 16

/* Blocks of inputs that an output has. */
int32_t products_blocks(const struct kernel_conv *layer);

/* `pixels` pixels, `in_step` bytes apart; their outputs follow one another. */
void products(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int32_t in_step, int32_t pixels,
              int8_t *out);

/* The same with these biases, for weights without; the last one twice if their number is odd. */
void products_biased(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int32_t in_step,
                     int32_t pixels, int8_t *out, const int32_t *bias);

/* `pixels` pixels whose outputs are `out_step` bytes apart. `bias`: as in products_biased(), or NULL. */
void products_apart(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int32_t in_step,
                    int32_t pixels, int8_t *out, int32_t out_step, const int32_t *bias);

/* Where outputs go that are written twice: one byte for each pixel and channel, and a second place behind it. */
struct products_place {
    int8_t *first;
    int32_t second; /* at least 0, as are the steps; all places of four pixels and two channels are 16 bits apart */
    int32_t pixel_step, channel_step;
};

/* The same to these places, for MULTIPLY_BLOCKS at most and four pixels at least. */
void products_to(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int32_t in_step,
                 int32_t pixels, const struct products_place *place);

#endif
