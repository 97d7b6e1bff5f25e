/* The largest logit of each pixel with Helium, sixteen pixels at a time. Where sixteen do not divide the pixels, the
 * last ones are done twice. */
#include "pick.h"

#include <arm_mve.h>
#include <string.h>

#include "view.h"

#define LANES 16

/* Offsets of bytes to gather are eight bits wide: 15 * 17. */
#define MAX_GATHERED 17

struct picking {
    struct decode_view view;
    uint32_t classes;
    uint8x16_t flip; /* makes int8 unsigned, in the same order */
    uint8x16_t at;   /* where the pixels lie */
};

/* Writes the classes of the sixteen pixels at `from`. */
typedef void picker(const struct picking *picking, const uint8_t *from, uint8_t *to);

/* `label` where value > top, `winner` elsewhere. In assembler, because GCC carries a predicate through a core register.
 */
static inline uint8x16_t label_of_larger(uint8x16_t value, uint8x16_t top, uint8x16_t label, uint8x16_t winner) {
    __asm volatile("vcmp.u8 hi, %q[value], %q[top]\n\t"
                   "vpsel %q[winner], %q[label], %q[winner]"
                   : [winner] "+w"(winner)
                   : [value] "w"(value), [top] "w"(top), [label] "w"(label)
                   : "p0");
    return winner;
}

static inline void pick_from(const struct picking *picking, const uint8_t *from, uint8_t *to, const int apart) {
    const uint8x16_t flip = picking->flip, at = picking->at;
    const size_t step = picking->view.label;
    /* Nothing is below the first top, and class 0 is the first winner. */
    uint8x16_t winner = vdupq_n_u8(0), label = winner, top = winner;
    for (uint32_t left = picking->classes; left > 0; left--) {
        const uint8x16_t value = veorq_u8(apart ? vldrbq_gather_offset_u8(from, at) : vldrbq_u8(from), flip);
        winner = label_of_larger(value, top, label, winner);
        top = vmaxq_u8(top, value);
        label = vaddq_n_u8(label, 1);
        from += step;
    }
    vstrbq_u8(to, winner);
}

/* Classes one behind the other, each of them an image. */
static inline void pick_planes(const struct picking *picking, const uint8_t *from, uint8_t *to) {
    pick_from(picking, from, to, 0);
}

/* Pixels one behind the other, of up to MAX_GATHERED classes. */
static inline void pick_gathered(const struct picking *picking, const uint8_t *from, uint8_t *to) {
    pick_from(picking, from, to, 1);
}

/* The same of two classes. */
static inline void pick_pairs(const struct picking *picking, const uint8_t *from, uint8_t *to) {
    register uint8x16_t low __asm("q0");
    register uint8x16_t high __asm("q1");
    /* GCC 12 gives vld2q addresses that the instruction does not have. */
    __asm("vld20.8 {q0, q1}, [%[from]]\n\t"
          "vld21.8 {q0, q1}, [%[from]]"
          : "=&w"(low), "=&w"(high)
          : [from] "r"(from), "m"(*(const uint8_t (*)[2 * LANES]) from));
    low = veorq_u8(low, picking->flip);
    high = veorq_u8(high, picking->flip);
    vstrbq_u8(to, label_of_larger(high, low, vdupq_n_u8(1), vdupq_n_u8(0)));
}

/* The same of sixteen classes or more, pixel by pixel: the first sixteen and the last sixteen of them. */
static inline void pick_wide(const struct picking *picking, const uint8_t *from, uint8_t *to) {
    const uint8x16_t flip = picking->flip;
    const uint32_t classes = picking->classes, rest = classes - LANES;
    for (int32_t pixel = 0; pixel < LANES; pixel++, from += classes) {
        const uint8x16_t first = veorq_u8(vldrbq_u8(from), flip), last = veorq_u8(vldrbq_u8(from + rest), flip);
        const uint8_t top = vmaxvq_u8(0, vmaxq_u8(first, last));
        const uint32_t found = vcmpeqq_n_u8(first, top) | (uint32_t)vcmpeqq_n_u8(last, top) << rest;
        to[pixel] = (uint8_t)__builtin_ctz(found);
    }
}

__attribute__((always_inline)) static inline void pick_all(const struct picking *picking, const uint8_t *logits,
                                                           size_t pixels, uint8_t *mask, picker *const pick) {
    const size_t step = picking->view.pixel;
    size_t pixel = 0;
    for (; pixel + LANES <= pixels; pixel += LANES) {
        pick(picking, logits + pixel * step, mask + pixel);
    }
    if (pixel < pixels) {
        pick(picking, logits + (pixels - LANES) * step, mask + (pixels - LANES));
    }
}

static void pick_images(const struct picking *picking, const uint8_t *logits, size_t pixels, uint8_t *mask) {
    if (picking->view.pixel == 1) {
        pick_all(picking, logits, pixels, mask, pick_planes);
    } else if (picking->classes == 2) {
        pick_all(picking, logits, pixels, mask, pick_pairs);
    } else if (picking->classes <= MAX_GATHERED) {
        pick_all(picking, logits, pixels, mask, pick_gathered);
    } else {
        pick_all(picking, logits, pixels, mask, pick_wide);
    }
}

/* Fewer than sixteen pixels: on a copy with room for all. */
static void pick_few(struct picking *picking, const uint8_t *logits, size_t pixels, uint8_t *mask) {
    uint8_t copy[LANES * DECODE_MAX_CLASSES] = {0}, labels[LANES];
    if (picking->view.pixel == 1) {
        for (size_t label = 0; label < picking->classes; label++) {
            memcpy(copy + label * LANES, logits + label * pixels, pixels);
        }
        picking->view.label = LANES;
    } else {
        memcpy(copy, logits, pixels * picking->classes);
    }
    pick_images(picking, copy, LANES, labels);
    memcpy(mask, labels, pixels);
}

void decode_pick(const struct decode_head *head, const void *logits, uint8_t *mask) {
    const size_t pixels = (size_t)head->height * head->width;
    struct picking picking = {decode_view_of(head), head->classes, vdupq_n_u8(0), vidupq_n_u8(0, 1)};
    if (head->type == DECODE_INT8) {
        picking.flip = vdupq_n_u8(0x80);
    }
    picking.at = vmulq_n_u8(picking.at, (uint8_t)picking.view.pixel);
    if (pixels < LANES) {
        pick_few(&picking, logits, pixels, mask);
    } else {
        pick_images(&picking, logits, pixels, mask);
    }
}
