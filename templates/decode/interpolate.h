/* The integer interpolation that decode_fine and decode_rounded share; not for others. interpolate.c is the portable
 * one, mve/interpolate.c its Helium twin, which takes its place on a processor that has Helium. Both give the same
 * masks. */
#ifndef DECODE_INTERPOLATE_H
#define DECODE_INTERPOLATE_H

#include "decode.h"
#include "view.h"

/* Values are logits times 4 f_h f_w: they stay below 2^8 * 2^22 and their differences below 2^31. */
#define DECODE_MAX_UNIT (1 << 22)

/* Decides one pixel of the mask among the classes whose bits are set in `among`, in the model's own float32 steps. */
typedef uint8_t decode_judge(const struct decode_head *head, const void *logits, uint32_t among, int32_t y, int32_t x);

/* Argmax of the exact interpolation; the lowest class wins a tie. With a judge, argmax of the values after rounding to
 * whole steps of the logits: the judge is asked wherever the exact integers do not tell what that is, and may be asked
 * elsewhere. */
int decode_interpolate(const struct decode_head *head, const void *logits, uint8_t *mask, decode_judge *judge);

/* What the twins demand alike. */
static inline int decode_check_interpolation(const struct decode_head *head) {
    const int problem = decode_check(head);
    if (problem != 0) {
        return problem;
    }
    if (head->type == DECODE_FLOAT32) {
        return DECODE_E_TYPE;
    }
    const int32_t factor_y = head->mask_height / head->height;
    const int32_t factor_x = head->mask_width / head->width;
    const bool fits = head->height <= DECODE_MAX_ROW && head->width * head->classes <= DECODE_MAX_ROW &&
                      (int64_t)4 * factor_y * factor_x <= DECODE_MAX_UNIT;
    return fits ? 0 : DECODE_E_SIZE;
}

#endif
