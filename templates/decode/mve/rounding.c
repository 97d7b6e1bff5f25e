#include "rounding.h"

#include <stddef.h>

#include "vectors.h"

#define ONE_BITS 24
#define ONE (1 << ONE_BITS)
#define FACTOR_BITS 30

/* How far a position of the float32 definition can be off, in 2^-24: it is divided and reduced by a half, each time
 * rounded. Divided by a power of two it is exact. */
static int32_t shift_of(int32_t size, int32_t factor) {
    return (factor & (factor - 1)) == 0 ? 0 : 2 * size;
}

/* How far a value of the definition can be off, in 2^-24 of a step. Where positions shift, values do by 255 times as
 * much at most. Products and sums of at most 255 are rounded seven times. */
static int32_t doubt_of(const struct decode_head *head) {
    const int32_t height = head->height, width = head->width;
    const int32_t shift = shift_of(height, head->mask_height / height) + shift_of(width, head->mask_width / width);
    return 255 * (shift + 8);
}

struct rounding rounding_of(const struct decode_head *head, rounding_judge *judge, const void *context) {
    const uint32_t factor_y = head->mask_height / head->height, factor_x = head->mask_width / head->width;
    const uint32_t unit = 4 * factor_y * factor_x;
    const int32_t bits = 32 - __builtin_clz(unit - 1);
    const bool whole = (unit & (unit - 1)) == 0;
    int32_t doubt = doubt_of(head);
    /* Values are multiples of 2^24 / unit: only a half is that near to a half. */
    const bool exact = whole && doubt < ONE >> bits;
    if (exact) {
        doubt = 0;
    } else if (!whole) {
        /* Each of a line's four numbers is off by 2 at most, a pixel's value by (1 + x) * (1 + y) times as much. */
        doubt += (int32_t)(unit / 2);
    }
    const uint64_t factor = (((uint64_t)1 << (FACTOR_BITS + bits)) + unit / 2) / unit;
    return (struct rounding){
        .scale = {.shift = ONE_BITS - bits, .factor = whole ? 0 : (int32_t)factor, .bias = ONE / 2 + doubt},
        .limit = (uint32_t)doubt << 9,
        .exact = exact,
        .judge = judge,
        .context = context,
    };
}

/* Sixteen values of a class on the way down the rows: those of pixels 0 4 8 12, and from pixel to pixel. */
struct column {
    int32x4_t value, step;
    int32_t slope, turn;
};

/* From pixel x of row y on. All of this is modulo 2^32: what lies beyond the area may not fit. */
static inline struct column column_at(const struct lines *lines, int32_t i, int32_t y, int32_t x) {
    const uint32_t turn = (uint32_t)lines->turn[i];
    const uint32_t slope = (uint32_t)lines->slope[i] + (uint32_t)y * turn;
    const uint32_t down = (uint32_t)lines->down[i] + (uint32_t)x * turn;
    const uint32_t value = (uint32_t)lines->value[i] + (uint32_t)x * slope + (uint32_t)y * (uint32_t)lines->down[i];
    return (struct column){
        .value = vectors_ramp((int32_t)value, (int32_t)slope),
        .step = vectors_ramp((int32_t)down, (int32_t)turn),
        .slope = (int32_t)slope,
        .turn = (int32_t)turn,
    };
}

static inline void next_row(struct column *column) {
    column->value = vaddq_s32(column->value, column->step);
    column->slope = (int32_t)((uint32_t)column->slope + (uint32_t)column->turn);
}

/* The values without what is behind the point. */
static inline int8x16_t cut_off(const struct column *column) {
    const int32x4_t b = vaddq_n_s32(column->value, column->slope);
    const int32x4_t c = vaddq_n_s32(b, column->slope);
    return vectors_high(column->value, b, c, vaddq_n_s32(c, column->slope));
}

/* All rows of 16 pixels, of which `left` are wanted. */
static inline void larger_of_two(const struct draw_area *area, const struct lines *classes, int32_t x, int32_t left,
                                 bool all) {
    struct column first = column_at(classes, 0, 0, x), second = column_at(classes, 1, 0, x);
    const uint32_t lower = classes->labels[0], higher = classes->labels[1];
    const size_t stride = area->stride;
    uint8_t *to = area->mask + x;
    for (int32_t y = area->height; y > 0; y--) {
        uint8x16_t labels;
        __asm("vdup.8 %q[labels], %[lower]\n\t"
              "vpt.s8 gt, %q[second], %q[first]\n\t"
              "vdupt.8 %q[labels], %[higher]"
              : [labels] "=&w"(labels)
              : [first] "w"(cut_off(&first)), [second] "w"(cut_off(&second)), [lower] "r"(lower), [higher] "r"(higher)
              : "p0");
        if (all) {
            vst1q_u8(to, labels);
        } else {
            vectors_store(to, labels, left);
        }
        next_row(&first);
        next_row(&second);
        to += stride;
    }
}

static inline void draw_two(const struct draw_area *area, const struct lines *classes) {
    const int32_t width = area->width, room = area->room;
    for (int32_t x = 0; x < width; x += 16) {
        /* What is written behind the area belongs to cells that are drawn later. */
        if (x + 16 <= room) {
            larger_of_two(area, classes, x, 16, true);
        } else {
            larger_of_two(area, classes, x, width - x, false);
        }
    }
}

/* The largest values so far and whose they are: 16 pixels of some rows. */
#define STRIP 32
static int8_t tops[STRIP][16];
static uint8_t winners[STRIP][16];

static void begin_strip(int32_t rows, uint8_t label) {
    const int8x16_t least = vdupq_n_s8(INT8_MIN);
    const uint8x16_t labels = vdupq_n_u8(label);
    for (int32_t y = 0; y < rows; y++) {
        vst1q_s8(tops[y], least);
        vst1q_u8(winners[y], labels);
    }
}

/* One more class, higher than those before. */
static void join_strip(int32_t rows, struct column column, uint8_t label) {
    const uint8x16_t labels = vdupq_n_u8(label);
    int8_t *top = tops[0];
    uint8_t *winner = winners[0];
    for (int32_t y = rows; y > 0; y--) {
        int8x16_t before;
        __asm volatile("vldrb.8 %q[before], [%[top]]\n\t"
                       "vptt.s8 gt, %q[value], %q[before]\n\t"
                       "vstrbt.8 %q[value], [%[top]], #16\n\t"
                       "vstrbt.8 %q[labels], [%[winner]], #16"
                       : [top] "+r"(top), [winner] "+r"(winner), [before] "=&w"(before)
                       : [value] "w"(cut_off(&column)), [labels] "w"(labels)
                       : "p0", "memory");
        next_row(&column);
    }
}

static __attribute__((noinline)) void draw_many(const struct draw_area *area, const struct lines *classes) {
    for (int32_t y = 0; y < area->height; y += STRIP) {
        const int32_t rows = area->height - y < STRIP ? area->height - y : STRIP;
        for (int32_t x = 0; x < area->width; x += 16) {
            begin_strip(rows, classes->labels[0]);
            for (int32_t i = 0; i < classes->count; i++) {
                join_strip(rows, column_at(classes, i, y, x), classes->labels[i]);
            }
            uint8_t *to = area->mask + (size_t)y * area->stride + x;
            for (int32_t row = 0; row < rows; row++, to += area->stride) {
                vectors_store(to, vld1q_u8(winners[row]), area->width - x);
            }
        }
    }
}

/* Whether some value of a class may have been rounded wrongly. If lines are exact, all of them leave the same rest when
 * they are divided by the lowest bit of what is added. */
static inline bool is_doubtful(const struct rounding *rounding, const struct lines *lines, int32_t i) {
    const uint32_t added = (uint32_t)lines->slope[i] | (uint32_t)lines->down[i] | (uint32_t)lines->turn[i];
    const uint32_t rest = (added & -added) - 1;
    return !rounding->exact || ((uint32_t)lines->value[i] & rest) << (32 - ONE_BITS) == 0;
}

static int32_t whole_at(const struct lines *lines, int32_t i, int32_t y, int32_t x) {
    const uint32_t slope = (uint32_t)lines->slope[i] + (uint32_t)y * (uint32_t)lines->turn[i];
    const uint32_t value = (uint32_t)lines->value[i] + (uint32_t)y * (uint32_t)lines->down[i] + (uint32_t)x * slope;
    return (int32_t)value >> ONE_BITS;
}

/* Whether, if class i were rounded down at a pixel, another one would win it: a lower one that is then as large. */
static bool is_contested(const struct lines *lines, int32_t i, int32_t y, int32_t x) {
    const int32_t least = whole_at(lines, i, y, x) - 1;
    /* Mostly there are two: one value costs less than a vector of them. */
    if (lines->count == 2) {
        return whole_at(lines, 1 - i, y, x) - (i == 0 ? 1 : 0) >= least;
    }
    for (int32_t first = 0; first < lines->count; first += 4) {
        const int32x4_t slope = vmlaq_n_s32(vld1q_s32(lines->slope + first), vld1q_s32(lines->turn + first), y);
        const int32x4_t begin = vmlaq_n_s32(vld1q_s32(lines->value + first), vld1q_s32(lines->down + first), y);
        const int32x4_t whole = vshrq_n_s32(vmlaq_n_s32(begin, slope, x), ONE_BITS);
        const int32x4_t number = vreinterpretq_s32_u32(vidupq_n_u32((uint32_t)first, 1));
        const mve_pred16_t others = vcmpneq_m_n_s32(number, i, vctp32q((uint32_t)(lines->count - first)));
        const int32x4_t rank = vsubq_m_n_s32(whole, whole, 1, vcmpgtq_n_s32(number, i));
        if (vcmpgeq_m_n_s32(rank, least, others) != 0) {
            return true;
        }
    }
    return false;
}

/* Asks for those of class i's pixels of which the rest is within the limit. */
static __attribute__((noinline)) void ask_for_class(const struct rounding *rounding, const struct draw_area *area,
                                                    const struct lines *classes, int32_t i) {
    const uint32_t limit = rounding->limit;
    const int32_t width = area->width, height = area->height;
    const uint8x16_t label = vdupq_n_u8(classes->labels[i]);
    for (int32_t x = 0; x < width; x += 16) {
        const mve_pred16_t inside = vctp8q((uint32_t)(width - x));
        const struct column column = column_at(classes, i, 0, x);
        const uint32_t turn = (uint32_t)column.turn << (32 - ONE_BITS);
        /* What is before the point does not matter. */
        uint32x4_t a = vreinterpretq_u32_s32(vshlq_n_s32(column.value, 32 - ONE_BITS));
        const uint32x4_t step = vreinterpretq_u32_s32(vshlq_n_s32(column.step, 32 - ONE_BITS));
        uint32_t slope = (uint32_t)column.slope << (32 - ONE_BITS);
        uint8_t *row = area->mask + x;
        for (int32_t y = 0; y < height; y++, row += area->stride, a = vaddq_u32(a, step), slope += turn) {
            const uint32x4_t b = vaddq_n_u32(a, slope);
            const uint32x4_t c = vaddq_n_u32(b, slope);
            const uint32x4_t d = vaddq_n_u32(c, slope);
            if (vminvq_u32(UINT32_MAX, vminq_u32(vminq_u32(a, b), vminq_u32(c, d))) > limit) {
                continue;
            }
            const uint8x16_t certain = vectors_excess(a, b, c, d, vdupq_n_u32(limit));
            const uint8x16_t other = veorq_u8(vldrbq_z_u8(row, inside), label);
            uint32_t asked = vcmpeqq_m_n_u8(vorrq_u8(certain, other), 0, inside);
            for (; asked != 0; asked &= asked - 1) {
                const int32_t pixel = __builtin_ctz(asked);
                if (is_contested(classes, i, y, x + pixel)) {
                    row[pixel] = rounding->judge(rounding->context, y, x + pixel);
                }
            }
        }
    }
}

/* A winner that is certainly rounded right is right: all others are too large at most. */
void rounding_draw(const struct rounding *rounding, const struct draw_area *area, const struct lines *classes) {
    if (classes->count > 2) {
        draw_many(area, classes);
        for (int32_t i = 0; i < classes->count; i++) {
            if (is_doubtful(rounding, classes, i)) {
                ask_for_class(rounding, area, classes, i);
            }
        }
        return;
    }
    const bool first = is_doubtful(rounding, classes, 0), second = is_doubtful(rounding, classes, 1);
    draw_two(area, classes);
    if (first) {
        ask_for_class(rounding, area, classes, 0);
    }
    if (second) {
        ask_for_class(rounding, area, classes, 1);
    }
}
