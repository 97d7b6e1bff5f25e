/* Matrix products in Helium, four pixels by two output channels at a time; see multiply.S. */
#ifndef MULTIPLY_H
#define MULTIPLY_H

#include <stdint.h>

/* multiply.S reads it word by word, in this order. */
struct multiply {
    const int8_t *in;        /* the first pixel's inputs; aligned to 4 bytes, as are all steps */
    int32_t in_step;         /* bytes from one pixel to the next */
    const uint8_t *weights;  /* the first pair of channels */
    const uint8_t *end;      /* behind the last pair */
    int8_t *out;             /* the first pixel's first output */
    int32_t out_step;        /* bytes from the outputs of four pixels to those of the next four */
    int32_t groups;          /* of four pixels, at least 1 */
    int32_t blocks;          /* of 16 inputs, at least 1 */
    int32_t zero_point;      /* multiply_long() only: of the output */
    int32_t pair_step;       /* multiply_twice() only: bytes from the outputs of a pair to those of the next */
    const uint16_t *offsets; /* of pixel 0's two outputs, pixel 1's, ...; aligned to 4 bytes */
    const int32_t *bias;     /* multiply_long() only: of the first pair */
};

/* Blocks that multiply() takes at most. */
#define MULTIPLY_BLOCKS 32

/* Pairs of channels follow one another in `weights`: for block 0, then for the last block down to block 1, 16 bytes of
 * one channel and 16 of the other; then two biases int32, two multipliers float and the output's zero point int32.
 * Outputs of the next pair lie two bytes further. Inputs are read up to a multiple of 16, where the weights are 0. */
void multiply(const struct multiply *job);

/* Every output goes to two places: behind the eight offsets there are eight more. */
void multiply_twice(const struct multiply *job);

/* The same with MULTIPLY_FAST added to the zero point, which is even, where no (sum + bias) * multiplier leaves int16
 * before the clamp, not even with the zero point. */
void multiply_fast(const struct multiply *job);
void multiply_twice_fast(const struct multiply *job);

/* The bits of the float32 1.5 * 2^23, behind which float32 has no fractions: to add it is to round. */
#define MULTIPLY_FAST 0x4B400000

/* Any number of blocks, and biases apart: behind the weights of a pair there are only its multipliers. Block 0 comes
 * first, then MULTIPLY_BLOCKS - 1 blocks at a time, then the rest; in each of these runs the last block comes first. */
void multiply_long(const struct multiply *job);

#endif
