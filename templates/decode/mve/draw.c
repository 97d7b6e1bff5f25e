/* Drawing cells with Helium. Lanes are pixels of one row; lanes beyond the cell's width hold nonsense that is not
 * stored. Every value is a straight line along a row and down the rows, so it is never multiplied out again. */
#include "draw.h"

#include <arm_mve.h>
#include <math.h>
#include <stdbool.h>

static uint8_t *row_of(const struct draw_area *area, int32_t y) {
    return area->mask + (size_t)y * area->stride;
}

/* To the next row. All additions are modulo 2^32: the row behind the last one may not fit. */
static void next_row(struct draw_classes *classes) {
    int32_t *line = (int32_t *)classes->line;
    const int32_t *step = (const int32_t *)classes->step;
    for (int32_t i = 0; i < 2 * classes->count; i += 4) {
        vst1q_s32(line + i, vaddq_s32(vld1q_s32(line + i), vld1q_s32(step + i)));
    }
}

/* The first `count` of 16 bytes. In assembler, because GCC carries a predicate through a core register. */
static inline void store_first(uint8_t *to, uint8x16_t bytes, int32_t count) {
    __asm volatile("vctp.8 %[count]\n\t"
                   "vpst\n\t"
                   "vstrbt.8 %q[bytes], [%[to]]"
                   :
                   : [count] "r"(count), [bytes] "w"(bytes), [to] "r"(to)
                   : "p0", "memory");
}

void draw_flat(const struct draw_area *area, uint8_t label) {
    const uint8x16_t bytes = vdupq_n_u8(label);
    uint8_t *row = area->mask;
    for (int32_t y = area->height; y > 0; y--, row += area->stride) {
        uint8_t *to = row;
        /* A loop of the processor's own that masks the end of the last vector. */
        __asm volatile("dlstp.8 lr, %[count]\n"
                       "1:\tvstrb.8 %q[bytes], [%[to]], #16\n\t"
                       "letp lr, 1b"
                       : [to] "+r"(to)
                       : [count] "r"(area->width), [bytes] "w"(bytes)
                       : "lr", "memory");
    }
}

/* Sixteen pixels are four vectors a, b, c, d of pixels 0 4 8 12, 1 5 9 13, 2 6 10 14 and 3 7 11 15: halves of a and c,
 * then of b and d, then bytes of both interleave into the right order. Here the high ones, which hold the sign. */
static inline int8x16_t high_bytes(int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d) {
    const int16x8_t even = vreinterpretq_s16_s32(vsriq_n_s32(c, a, 16));
    const int16x8_t odd = vreinterpretq_s16_s32(vsriq_n_s32(d, b, 16));
    return vreinterpretq_s8_s16(vsriq_n_s16(odd, even, 8));
}

static inline uint8x16_t low_bytes(int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d) {
    const int16x8_t even = vmovntq_s32(vreinterpretq_s16_s32(a), c);
    const int16x8_t odd = vmovntq_s32(vreinterpretq_s16_s32(b), d);
    return vreinterpretq_u8_s8(vmovntq_s16(vreinterpretq_s8_s16(even), odd));
}

void draw_larger(const struct draw_area *area, const struct draw_classes *classes) {
    const struct draw_line *line = classes->line, *step = classes->step;
    const int32x4_t pixels = vreinterpretq_s32_u32(vidupq_n_u32(0, 4));
    const uint8x16_t lower = vdupq_n_u8(classes->labels[0]);
    const uint8x16_t change = vdupq_n_u8(classes->labels[0] ^ classes->labels[1]);
    /* The lower class's lead: negative where the higher one wins. */
    const int32_t first = line[0].value - line[1].value, first_step = step[0].value - step[1].value;
    const int32_t slope_step = step[0].slope - step[1].slope;
    for (int32_t x = 0; x < area->width; x += 16) {
        const int32_t left = area->width - x;
        const size_t stride = area->stride;
        uint8_t *to = area->mask + x;
        int32_t slope = line[0].slope - line[1].slope;
        int32x4_t a = vmlaq_n_s32(vdupq_n_s32(first + x * slope), pixels, slope);
        const int32x4_t a_step = vmlaq_n_s32(vdupq_n_s32(first_step + x * slope_step), pixels, slope_step);
        for (int32_t y = area->height; y > 0; y--) {
            const int32x4_t b = vaddq_n_s32(a, slope);
            const int32x4_t c = vaddq_n_s32(b, slope);
            const int32x4_t d = vaddq_n_s32(c, slope);
            const uint8x16_t negative = vreinterpretq_u8_s8(vshrq_n_s8(high_bytes(a, b, c, d), 7));
            store_first(to, veorq_u8(lower, vandq_u8(negative, change)), left);
            a = vaddq_s32(a, a_step);
            slope += slope_step;
            to += stride;
        }
    }
}

void draw_largest(const struct draw_area *area, struct draw_classes *classes) {
    const int32x4_t pixels = vreinterpretq_s32_u32(vidupq_n_u32(0, 4));
    const uint8x16_t mask = vdupq_n_u8(DRAW_TAGS - 1);
    for (int32_t y = 0; y < area->height; y++) {
        for (int32_t x = 0; x < area->width; x += 16) {
            int32x4_t a = vdupq_n_s32(INT32_MIN), b = a, c = a, d = a;
            for (const struct draw_line *line = classes->line; line < classes->line + classes->count; line++) {
                const int32_t slope = line->slope;
                int32x4_t value = vmlaq_n_s32(vdupq_n_s32(line->value + x * slope), pixels, slope);
                a = vmaxq_s32(a, value);
                value = vaddq_n_s32(value, slope);
                b = vmaxq_s32(b, value);
                value = vaddq_n_s32(value, slope);
                c = vmaxq_s32(c, value);
                value = vaddq_n_s32(value, slope);
                d = vmaxq_s32(d, value);
            }
            /* DRAW_TAG backwards. */
            store_first(row_of(area, y) + x, vbicq_u8(mask, low_bytes(a, b, c, d)), area->width - x);
        }
        next_row(classes);
    }
}

void draw_largest_plain(const struct draw_area *area, struct draw_classes *classes) {
    for (int32_t y = 0; y < area->height; y++) {
        for (int32_t x = 0; x < area->width; x++) {
            int32_t winner = 0, top = INT32_MIN;
            for (int32_t i = 0; i < classes->count; i++) {
                const int32_t value = classes->line[i].value + x * classes->line[i].slope;
                if (value > top) {
                    winner = i;
                    top = value;
                }
            }
            row_of(area, y)[x] = classes->labels[winner];
        }
        next_row(classes);
    }
}

struct rounding {
    float32x4_t best; /* the largest rounded value times DRAW_TAGS, plus its tag */
    float32x4_t far;  /* the largest distance of a value from a whole number */
};

static inline void round_four(struct rounding *so_far, int32x4_t value, float step, float tag) {
    const float32x4_t real = vmulq_n_f32(vcvtq_f32_s32(value), step);
    const float32x4_t whole = vrndnq_f32(real);
    so_far->far = vmaxnmq_f32(so_far->far, vabdq_f32(real, whole));
    so_far->best = vmaxnmq_f32(so_far->best, vfmasq_n_f32(whole, vdupq_n_f32(DRAW_TAGS), tag));
}

/* The first `count` labels of eight pixels, even and odd ones. */
static inline void store_labels(uint8_t *to, float32x4_t even, float32x4_t odd, int32_t count) {
    const int16x8_t keys = vmovntq_s32(vreinterpretq_s16_s32(vcvtq_s32_f32(even)), vcvtq_s32_f32(odd));
    const uint16x8_t labels = vbicq_u16(vdupq_n_u16(DRAW_TAGS - 1), vreinterpretq_u16_s16(keys));
    __asm volatile("vctp.16 %[count]\n\t"
                   "vpst\n\t"
                   "vstrbt.16 %q[labels], [%[to]]"
                   :
                   : [count] "r"(count), [labels] "w"(labels), [to] "l"(to)
                   : "p0", "memory");
}

/* How to round, and who decides what that leaves open. */
struct judging {
    float step, limit; /* 1 / unit, and from what distance of a whole number on the judge decides */
    float tags[DECODE_MAX_CLASSES];
    draw_judge *judge;
    const void *context;
};

/* Up to eight pixels of row y from x on. */
static inline void round_eight(const struct draw_classes *classes, const struct judging *judging, uint8_t *row,
                               int32_t y, int32_t x, int32_t left) {
    const float step = judging->step, limit = judging->limit;
    const int32x4_t pixels = vreinterpretq_s32_u32(vidupq_n_u32(0, 2));
    struct rounding even = {vdupq_n_f32(-INFINITY), vdupq_n_f32(0.0f)}, odd = even;
    for (int32_t i = 0; i < classes->count; i++) {
        const int32_t slope = classes->line[i].slope;
        const int32x4_t value = vmlaq_n_s32(vdupq_n_s32(classes->line[i].value + x * slope), pixels, slope);
        round_four(&even, value, step, judging->tags[i]);
        round_four(&odd, vaddq_n_s32(value, slope), step, judging->tags[i]);
    }
    store_labels(row + x, even.best, odd.best, left);
    if (vmaxnmvq_f32(0.0f, vmaxnmq_f32(even.far, odd.far)) < limit) {
        return;
    }
    const uint32_t open =
        ((uint32_t)vcmpgeq_n_f32(even.far, limit) & 0x1111) | ((uint32_t)vcmpgeq_n_f32(odd.far, limit) & 0x1111) << 1;
    for (int32_t pixel = 0; pixel < 8 && pixel < left; pixel++) {
        /* Two bits of the four of a pair. */
        if ((open >> (pixel / 2 * 4 + pixel % 2) & 1) != 0) {
            row[x + pixel] = judging->judge(judging->context, y, x + pixel);
        }
    }
}

/* Which of exactly two classes is ahead by `lead` at all of `count` pixels from x on: its index, or -1. */
static inline int32_t leader(const struct draw_line *line, int32_t x, int32_t count, int32_t lead) {
    const int32_t slope = line[0].slope - line[1].slope;
    const int32_t begin = line[0].value - line[1].value + x * slope, end = begin + (count - 1) * slope;
    const int32_t less = begin < end ? begin : end, more = begin < end ? end : begin;
    return less >= lead ? 0 : more <= -lead ? 1 : -1;
}

/* Whether of two classes one is ahead by `lead` anywhere in the area: if so, then in a corner. */
static bool any_leader(const struct draw_area *area, const struct draw_classes *classes, int32_t lead) {
    const struct draw_line *line = classes->line, *step = classes->step;
    const int32_t down = area->height - 1, along = area->width - 1;
    const int32_t first = line[0].value - line[1].value, slope = line[0].slope - line[1].slope;
    const int32_t last = first + down * (step[0].value - step[1].value);
    const int32_t last_slope = slope + down * (step[0].slope - step[1].slope);
    const int32_t corners[] = {first, first + along * slope, last, last + along * last_slope};
    for (int32_t i = 0; i < 4; i++) {
        if (corners[i] >= lead || corners[i] <= -lead) {
            return true;
        }
    }
    return false;
}

void draw_rounded(const struct draw_area *area, struct draw_classes *classes, int32_t unit, float doubt,
                  draw_judge *judge, const void *context) {
    struct judging judging = {1.0f / (float)unit, 0.5f - doubt, {0}, judge, context};
    const int32_t lead = DRAW_LEAD * unit;
    const bool led = classes->count == 2 && any_leader(area, classes, lead);
    for (int32_t i = 0; i < classes->count; i++) {
        judging.tags[i] = (float)DRAW_TAG(classes->labels[i]);
    }
    for (int32_t y = 0; y < area->height; y++) {
        uint8_t *row = row_of(area, y);
        for (int32_t x = 0; x < area->width; x += 8) {
            const int32_t left = area->width - x, count = left < 8 ? left : 8;
            const int32_t ahead = led ? leader(classes->line, x, count, lead) : -1;
            if (ahead >= 0) {
                store_first(row + x, vdupq_n_u8(classes->labels[ahead]), count);
            } else {
                round_eight(classes, &judging, row, y, x, left);
            }
        }
        next_row(classes);
    }
}
