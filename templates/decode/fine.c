/* decode_fine: argmax of the exact interpolation. */
#include <stddef.h>

#include "interpolate.h"

int decode_fine(const struct decode_head *head, const void *logits, uint8_t *mask) {
    return decode_interpolate(head, logits, mask, NULL);
}
