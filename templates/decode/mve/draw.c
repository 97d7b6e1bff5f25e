/* Drawing cells with Helium. Lanes are pixels of one row; lanes beyond the cell's width hold nonsense that is not
 * stored. Every value is a straight line along a row and down the rows, so it is never multiplied out again. */
#include "draw.h"

#include <arm_mve.h>
#include <math.h>

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

/* A row's lines in float32 and in steps. */
struct real_lines {
    struct {
        float value, slope;
    } line[DECODE_MAX_CLASSES];
    float tag[DECODE_MAX_CLASSES];
};

static void to_real(const struct draw_classes *classes, float step, struct real_lines *real) {
    const int32_t *from = (const int32_t *)classes->line;
    float *to = (float *)real->line;
    for (int32_t i = 0; i < 2 * classes->count; i += 4) {
        vst1q_f32(to + i, vmulq_n_f32(vcvtq_f32_s32(vld1q_s32(from + i)), step));
    }
}

struct rounding {
    float32x4_t best; /* the largest rounded value times DRAW_TAGS, plus its tag */
    float32x4_t far;  /* the largest distance of a value from a whole number */
};

static inline struct rounding round_four(struct rounding so_far, float32x4_t value, float tag) {
    const float32x4_t whole = vrndnq_f32(value);
    so_far.far = vmaxnmq_f32(so_far.far, vabdq_f32(value, whole));
    so_far.best = vmaxnmq_f32(so_far.best, vfmasq_n_f32(whole, vdupq_n_f32(DRAW_TAGS), tag));
    return so_far;
}

/* Writes the first `count` of four labels; four bits for each of them whose rounding is in doubt. */
static inline uint32_t store_four(uint8_t *to, struct rounding four, float limit, int32_t count) {
    const mve_pred16_t inside = vctp32q(count < 0 ? 0 : (uint32_t)count);
    const int32x4_t tags = vandq_s32(vcvtq_s32_f32(four.best), vdupq_n_s32(DRAW_TAGS - 1));
    vstrbq_p_u32(to, veorq_u32(vreinterpretq_u32_s32(tags), vdupq_n_u32(DRAW_TAGS - 1)), inside);
    return (uint32_t)vcmpgeq_m_n_f32(four.far, limit, inside);
}

void draw_rounded(const struct draw_area *area, struct draw_classes *classes, float unit, float doubt,
                  draw_judge *judge, const void *context) {
    const float32x4_t pixels = vcvtq_f32_u32(vidupq_n_u32(0, 1));
    struct real_lines real;
    for (int32_t i = 0; i < classes->count; i++) {
        real.tag[i] = (float)DRAW_TAG(classes->labels[i]);
    }
    for (int32_t y = 0; y < area->height; y++) {
        uint8_t *row = row_of(area, y);
        to_real(classes, 1.0f / unit, &real);
        for (int32_t x = 0; x < area->width; x += 8) {
            struct rounding low = {vdupq_n_f32(-INFINITY), vdupq_n_f32(0.0f)}, high = low;
            for (int32_t i = 0; i < classes->count; i++) {
                const float slope = real.line[i].slope;
                const float first = real.line[i].value + slope * (float)x;
                const float32x4_t value = vfmaq_n_f32(vdupq_n_f32(first), pixels, slope);
                low = round_four(low, value, real.tag[i]);
                high = round_four(high, vaddq_n_f32(value, 4.0f * slope), real.tag[i]);
            }
            uint32_t open = store_four(row + x, low, 0.5f - doubt, area->width - x);
            open |= store_four(row + x + 4, high, 0.5f - doubt, area->width - x - 4) << 16;
            for (int32_t pixel = x; open != 0; pixel++, open >>= 4) {
                if ((open & 1) != 0) {
                    row[pixel] = judge(context, y, pixel);
                }
            }
        }
        next_row(classes);
    }
}
