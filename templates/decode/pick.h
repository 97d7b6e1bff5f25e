/* decode_argmax for integers; on processors with Helium, mve/pick.c takes the place of pick.c. */
#ifndef DECODE_PICK_H
#define DECODE_PICK_H

#include "decode.h"

/* The class of the largest logit of each pixel, the lowest one on a tie. The head has been checked, and is not float32.
 */
void decode_pick(const struct decode_head *head, const void *logits, uint8_t *mask);

#endif
