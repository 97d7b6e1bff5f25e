/* The pixels of one cell: the part of the mask between four neighbouring logits. For interpolate.c alone. */
#ifndef DECODE_DRAW_H
#define DECODE_DRAW_H

#include <stddef.h>
#include <stdint.h>

#include "lines.h"

/* Where a cell lies; its first pixel is `mask`. Its row of the mask has `room` pixels from there on. */
struct draw_area {
    uint8_t *mask;
    size_t stride;
    int32_t height, width, room;
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
void draw_larger(const struct draw_area *area, const struct lines *classes);

/* The largest of values times DRAW_TAGS, to which it adds tags. Values stay below 2^7 * DRAW_MAX_TAGGED_UNIT. */
void draw_largest(const struct draw_area *area, struct lines *classes);

/* The same of plain values of any size, pixel by pixel. */
void draw_largest_plain(const struct draw_area *area, struct lines *classes);

#endif
