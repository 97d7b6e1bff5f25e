/* The pixels of one cell: the part of the mask between four neighbouring logits. Only for interpolate.c. */
#ifndef DECODE_DRAW_H
#define DECODE_DRAW_H

#include <stddef.h>
#include <stdint.h>

#include "decode.h"

/* Where a cell lies; its first pixel is `mask`. */
struct draw_area {
    uint8_t *mask;
    size_t stride;
    int32_t height, width;
};

/* A class's value at a row's first pixel, and what is added from one pixel to the next. */
struct draw_line {
    int32_t value, slope;
};

/* The classes that may win in a cell, lowest first: their lines in its first row, and what is added from one row to the
 * next. `labels` are their numbers. */
struct draw_classes {
    struct draw_line line[DECODE_MAX_CLASSES], step[DECODE_MAX_CLASSES];
    uint8_t labels[DECODE_MAX_CLASSES];
    int32_t count;
};

/* With draw_largest, values carry a tag in their low bits: of two equal values the lower class's is the larger. */
#define DRAW_TAG_BITS 5
#define DRAW_TAGS (1 << DRAW_TAG_BITS)
#define DRAW_TAG(label) (DRAW_TAGS - 1 - (label))
#define DRAW_MAX_TAGGED_UNIT (1 << 18)

_Static_assert(DRAW_TAGS >= DECODE_MAX_CLASSES, "each class has a tag");

/* One class has it all. */
void draw_flat(const struct draw_area *area, uint8_t label);

/* The larger of exactly two classes; the lower one on a tie. */
void draw_larger(const struct draw_area *area, const struct draw_classes *classes);

/* The largest of values times DRAW_TAGS plus their tags. Values stay below 2^7 * DRAW_MAX_TAGGED_UNIT. */
void draw_largest(const struct draw_area *area, struct draw_classes *classes);

/* The same of plain values of any size, pixel by pixel. */
void draw_largest_plain(const struct draw_area *area, struct draw_classes *classes);

/* Decides pixel (y, x) of the area. */
typedef uint8_t draw_judge(const void *context, int32_t y, int32_t x);

/* By how many steps a class must be larger to beat another one where a judge decides: rounding and float32 arithmetic
 * together move the difference of two classes by less (see doubt_of in interpolate.c). */
#define DRAW_LEAD 2

/* The largest after rounding values / unit to whole numbers. Where one of them is nearer to a half than `doubt`, the
 * judge decides. */
void draw_rounded(const struct draw_area *area, struct draw_classes *classes, int32_t unit, float doubt,
                  draw_judge *judge, const void *context);

#endif
