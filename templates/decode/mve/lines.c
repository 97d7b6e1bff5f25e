#include "lines.h"

#include <arm_mve.h>

static inline int32x4_t scaled(int32x4_t value, int32_t shift, int32_t factor) {
    const int32x4_t shifted = vshlq_r_s32(value, shift);
    return factor == 0 ? shifted : vshlq_n_s32(vqrdmulhq_n_s32(shifted, factor), 1);
}

/* Labels follow from the classes that are kept: nothing is to do if these are the same, and the first ones. */
static void keep(struct lines *lines, uint32_t kept) {
    if (lines->kept == kept && (kept & (kept + 1)) == 0) {
        return;
    }
    lines->kept = kept;
    lines->count = 0;
    for (; kept != 0; kept &= kept - 1) {
        const int32_t label = __builtin_ctz(kept), i = lines->count++;
        lines->labels[i] = (uint8_t)label;
        lines->value[i] = lines->value[label];
        lines->slope[i] = lines->slope[label];
        lines->down[i] = lines->down[label];
        lines->turn[i] = lines->turn[label];
    }
}

void lines_make(struct lines *lines, const struct lines_cell *cell, uint32_t classes, const struct lines_scale *scale) {
    const int32_t shift = scale->shift, factor = scale->factor;
    uint32_t rest = classes;
    for (uint32_t i = 0; rest != 0; i += 4, rest >>= 4) {
        if ((rest & 15) == 0) {
            continue;
        }
        const int32x4_t low_low = vldrbq_s32(cell->corner[0] + i);
        const int32x4_t low_high = vldrbq_s32(cell->corner[1] + i);
        const int32x4_t left_step = vsubq_s32(vldrbq_s32(cell->corner[2] + i), low_low);
        const int32x4_t right_step = vsubq_s32(vldrbq_s32(cell->corner[3] + i), low_high);
        const int32x4_t left = vmlaq_n_s32(vmulq_n_s32(low_low, cell->whole_y), left_step, cell->part_y);
        const int32x4_t right = vmlaq_n_s32(vmulq_n_s32(low_high, cell->whole_y), right_step, cell->part_y);
        const int32x4_t slope = vsubq_s32(right, left);
        const int32x4_t value = vmlaq_n_s32(vmulq_n_s32(left, cell->whole_x), slope, cell->part_x);
        const int32x4_t turn = vsubq_s32(right_step, left_step);
        const int32x4_t down = vmlaq_n_s32(vmulq_n_s32(left_step, cell->whole_x), turn, cell->part_x);
        vst1q_s32(lines->value + i, vaddq_n_s32(scaled(value, shift, factor), scale->bias));
        vst1q_s32(lines->slope + i, scaled(slope, shift + 1, factor));
        vst1q_s32(lines->down + i, scaled(down, shift + 1, factor));
        vst1q_s32(lines->turn + i, scaled(turn, shift + 2, factor));
    }
    keep(lines, classes);
}
