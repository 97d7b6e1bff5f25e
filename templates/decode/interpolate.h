/* The integer interpolation that decode_fine and decode_rounded share; not for others. */
#ifndef DECODE_INTERPOLATE_H
#define DECODE_INTERPOLATE_H

#include "decode.h"

/* Decides one pixel of the mask that the exact integers leave open. */
typedef uint8_t decode_judge(const struct decode_head *head, const void *logits, int32_t y, int32_t x);

/* Argmax of the exact interpolation. Where the winner leads by no more than `margin` steps of the logits, `judge` is
 * asked instead; a NULL judge leaves it at the exact winner, the lowest class on a tie. */
int decode_interpolate(const struct decode_head *head, const void *logits, uint8_t *mask, int32_t margin,
                       decode_judge *judge);

#endif
