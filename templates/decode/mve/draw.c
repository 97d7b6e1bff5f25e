/* Drawing cells with Helium. Lanes are pixels of one row; lanes beyond the cell's width hold nonsense that is not
 * stored. */
#include "draw.h"

#include <arm_mve.h>

#include "vectors.h"

static uint8_t *row_of(const struct draw_area *area, int32_t y) {
    return area->mask + (size_t)y * area->stride;
}

/* All additions are modulo 2^32: the row behind the last one may not fit. */
static inline void add(int32_t *to, const int32_t *what, int32_t count) {
    __asm volatile("dlstp.32 lr, %[count]\n"
                   "1:\tvldrw.32 q0, [%[to]]\n\t"
                   "vldrw.32 q1, [%[what]], #16\n\t"
                   "vadd.i32 q0, q0, q1\n\t"
                   "vstrw.32 q0, [%[to]], #16\n\t"
                   "letp lr, 1b"
                   : [to] "+r"(to), [what] "+r"(what)
                   : [count] "r"(count)
                   : "d0", "d1", "d2", "d3", "lr", "memory");
}

static void next_row(struct lines *classes) {
    add(classes->value, classes->down, classes->count);
    add(classes->slope, classes->turn, classes->count);
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

void draw_larger(const struct draw_area *area, const struct lines *classes) {
    const uint8x16_t lower = vdupq_n_u8(classes->labels[0]);
    const uint8x16_t change = vdupq_n_u8(classes->labels[0] ^ classes->labels[1]);
    /* The lower class's lead: negative where the higher one wins. */
    const int32_t value = classes->value[0] - classes->value[1], down = classes->down[0] - classes->down[1];
    const int32_t turn = classes->turn[0] - classes->turn[1];
    for (int32_t x = 0; x < area->width; x += 16) {
        const int32_t left = area->width - x;
        const size_t stride = area->stride;
        uint8_t *to = area->mask + x;
        int32_t slope = classes->slope[0] - classes->slope[1];
        int32x4_t a = vectors_ramp(value + x * slope, slope);
        const int32x4_t step = vectors_ramp(down + x * turn, turn);
        for (int32_t y = area->height; y > 0; y--) {
            const int32x4_t b = vaddq_n_s32(a, slope);
            const int32x4_t c = vaddq_n_s32(b, slope);
            const int32x4_t d = vaddq_n_s32(c, slope);
            const uint8x16_t negative = vreinterpretq_u8_s8(vshrq_n_s8(vectors_high(a, b, c, d), 7));
            vectors_store(to, veorq_u8(lower, vandq_u8(negative, change)), left);
            a = vaddq_s32(a, step);
            slope += turn;
            to += stride;
        }
    }
}

void draw_largest(const struct draw_area *area, struct lines *classes) {
    const int32x4_t pixels = vreinterpretq_s32_u32(vidupq_n_u32(0, 4));
    const uint8x16_t mask = vdupq_n_u8(DRAW_TAGS - 1);
    for (int32_t i = 0; i < classes->count; i++) {
        classes->value[i] += DRAW_TAG(classes->labels[i]);
    }
    for (int32_t y = 0; y < area->height; y++) {
        for (int32_t x = 0; x < area->width; x += 16) {
            int32x4_t a = vdupq_n_s32(INT32_MIN), b = a, c = a, d = a;
            for (int32_t i = 0; i < classes->count; i++) {
                const int32_t slope = classes->slope[i];
                int32x4_t value = vmlaq_n_s32(vdupq_n_s32(classes->value[i] + x * slope), pixels, slope);
                a = vmaxq_s32(a, value);
                value = vaddq_n_s32(value, slope);
                b = vmaxq_s32(b, value);
                value = vaddq_n_s32(value, slope);
                c = vmaxq_s32(c, value);
                value = vaddq_n_s32(value, slope);
                d = vmaxq_s32(d, value);
            }
            /* DRAW_TAG backwards. */
            vectors_store(row_of(area, y) + x, vbicq_u8(mask, vectors_low(a, b, c, d)), area->width - x);
        }
        next_row(classes);
    }
}

void draw_largest_plain(const struct draw_area *area, struct lines *classes) {
    for (int32_t y = 0; y < area->height; y++) {
        for (int32_t x = 0; x < area->width; x++) {
            int32_t winner = 0, top = INT32_MIN;
            for (int32_t i = 0; i < classes->count; i++) {
                const int32_t value = classes->value[i] + x * classes->slope[i];
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
