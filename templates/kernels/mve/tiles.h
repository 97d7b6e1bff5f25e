/* Depthwise convolutions 3x3 whose input lies in tiles; see tiles.S.
 *
 * A tile is 16 bytes: four columns of four rows, column by column. Rows of tiles overlap by two rows of the image, so a
 * row lies in two of them. In memory: [row of tiles][channel][column][4 rows]; a tile may begin at any column. */
#ifndef TILES_H
#define TILES_H

#include <stdint.h>

/* tiles.S reads it word by word, in this order. Steps are in bytes. */
struct tiles {
    const int8_t *in;        /* the first channel's first tile */
    int32_t channel_step;    /* from one channel to the next */
    int32_t row_step;        /* from one row of tiles to the next */
    int8_t *out;             /* the first output: [row][column][channel] */
    int32_t out_step;        /* from the first output of a row of tiles to that of the next one */
    int32_t block_step;      /* from one block's first output to the next one's */
    int32_t rows, channels;  /* rows of tiles, at least 1 */
    int32_t blocks;          /* of eight outputs in a row of tiles, at least 1 */
    int32_t back_in, back;   /* the way back to where the last block begins that overlaps them; 0: there is none */
    const int8_t *weights;   /* for each channel: 16 bytes, bias int32, multiplier float */
    int32_t zero_point;      /* of the output, or what adding it rounds, too: see below */
    const uint16_t *offsets; /* of a block's outputs, as far as they lie behind the first */
};

/* Stride 1. A tile makes outputs (0,0) (0,1) (1,0) (1,1), a block is two tiles A, B. Order of the offsets: A, B for
 * each of the four. Weights: a column's three and 0, three times, 0 0 0 0. */
void tiles_stride_1(const struct tiles *job);

/* Stride 2. A tile makes one output, a block is eight of them. Order of the offsets: 0 4, 1 5, 2 6, 3 7. */
void tiles_stride_2(const struct tiles *job);

/* The same with MULTIPLY_FAST added to the zero point, under the conditions of multiply_fast() (multiply.h). */
void tiles_stride_1_fast(const struct tiles *job);
void tiles_stride_2_fast(const struct tiles *job);

#endif
