/* What the classes' values are in a cell, the part of the mask between four neighbouring logits: straight lines along a
 * row and down the rows, so that nothing is multiplied out pixel by pixel. Only for the Helium decodes. */
#ifndef DECODE_LINES_H
#define DECODE_LINES_H

#include <stdint.h>

#include "decode.h"

/* Of each class: its value at the cell's first pixel, what is added to it from pixel to pixel of a row (`slope`) and
 * from row to row (`down`), and to its slope from row to row (`turn`). The classes are those whose bits are set in
 * `kept`; `labels` are their numbers, lowest first. */
struct lines {
    int32_t value[DECODE_MAX_CLASSES], slope[DECODE_MAX_CLASSES];
    int32_t down[DECODE_MAX_CLASSES], turn[DECODE_MAX_CLASSES];
    uint8_t labels[DECODE_MAX_CLASSES];
    int32_t count;
    uint32_t kept;
};

/* A cell's logits: low low, low high, high low, high high (row, column), classes together; whole vectors are read. The
 * first pixel's weights are `part` of `whole` for the high ones; each further pixel has 2 more. */
struct lines_cell {
    const int8_t *corner[4];
    int32_t part_y, whole_y, part_x, whole_x;
};

/* What is made of a value, a mean of logits times whole_y * whole_x: it is shifted left, multiplied by factor / 2^30
 * (unless that is 0); then `bias` is added, and its class times `tag`. */
struct lines_scale {
    int32_t shift, factor, bias;
};

/* The lines of the classes whose bits are set. */
void lines_make(struct lines *lines, const struct lines_cell *cell, uint32_t classes, const struct lines_scale *scale);

#endif
