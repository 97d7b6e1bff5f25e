/* The pixels of one cell where values are rounded to whole steps of the logits. For interpolate.c alone. */
#ifndef DECODE_ROUNDING_H
#define DECODE_ROUNDING_H

#include <stdbool.h>

#include "draw.h"

/* By how many steps a lower class must be smaller to be beaten. Rounding moves the difference of two classes by less
 * than a step, float32 arithmetic by less than another. A higher one is beaten if it is not larger: the definition
 * rounds monotonically. */
#define ROUNDING_LEAD 2

/* Decides pixel (y, x) of an area. */
typedef uint8_t rounding_judge(const void *context, int32_t y, int32_t x);

/* Values are 2^24 a step, and so much larger that those that float32 may round up are rounded up by cutting off: all
 * of which the rest is no more than `limit` / 2^8 may be rounded down as well. `exact`: those are the exact halves, and
 * lines have no error. */
struct rounding {
    struct lines_scale scale;
    uint32_t limit;
    bool exact;
    rounding_judge *judge;
    const void *context; /* the judge's */
};

struct rounding rounding_of(const struct decode_head *head, rounding_judge *judge, const void *context);

/* The largest after rounding, of two or more classes; the lowest of equals. Where the one found may have been rounded
 * wrongly, the judge decides. */
void rounding_draw(const struct rounding *rounding, const struct draw_area *area, const struct lines *classes);

#endif
