/* Sixteen pixels of a row as four vectors a, b, c, d of 32 bits, pixels 0 4 8 12, 1 5 9 13, 2 6 10 14 and 3 7 11 15:
 * halves of a and c, then of b and d, then bytes of both interleave into the right order. */
#ifndef DECODE_VECTORS_H
#define DECODE_VECTORS_H

#include <arm_mve.h>

/* The highest bytes. */
static inline int8x16_t vectors_high(int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d) {
    const int16x8_t even = vreinterpretq_s16_s32(vsriq_n_s32(c, a, 16));
    const int16x8_t odd = vreinterpretq_s16_s32(vsriq_n_s32(d, b, 16));
    return vreinterpretq_s8_s16(vsriq_n_s16(odd, even, 8));
}

/* The lowest bytes. */
static inline uint8x16_t vectors_low(int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d) {
    const int16x8_t even = vmovntq_s32(vreinterpretq_s16_s32(a), c);
    const int16x8_t odd = vmovntq_s32(vreinterpretq_s16_s32(b), d);
    return vreinterpretq_u8_s8(vmovntq_s16(vreinterpretq_s8_s16(even), odd));
}

/* By how much values are more than `limit`, limited to 255; 0 if they are not. */
static inline uint8x16_t vectors_excess(uint32x4_t a, uint32x4_t b, uint32x4_t c, uint32x4_t d, uint32x4_t limit) {
    uint16x8_t even = vqmovnbq_u32(vdupq_n_u16(0), vqsubq_u32(a, limit));
    uint16x8_t odd = vqmovnbq_u32(vdupq_n_u16(0), vqsubq_u32(b, limit));
    even = vqmovntq_u32(even, vqsubq_u32(c, limit));
    odd = vqmovntq_u32(odd, vqsubq_u32(d, limit));
    return vqmovntq_u16(vqmovnbq_u16(vdupq_n_u8(0), even), odd);
}

/* `value` at each fourth pixel. */
static inline int32x4_t vectors_ramp(int32_t value, int32_t slope) {
    return vmlaq_n_s32(vdupq_n_s32(value), vreinterpretq_s32_u32(vidupq_n_u32(0, 4)), slope);
}

/* The first `count` of 16 bytes. In assembler, because GCC carries a predicate through a core register. */
static inline void vectors_store(uint8_t *to, uint8x16_t bytes, int32_t count) {
    __asm volatile("vctp.8 %[count]\n\t"
                   "vpst\n\t"
                   "vstrbt.8 %q[bytes], [%[to]]"
                   :
                   : [count] "r"(count), [bytes] "w"(bytes), [to] "r"(to)
                   : "p0", "memory");
}

#endif
