/* Element-wise sum, 16 at a time. */
#include "mve.h"

#include <arm_mve.h>

#define LANES 16

/* What one sum is made of. */
struct factors {
    int32_t a, b, constant, shift;
};

/* Four sums in steps of 2^-shift of the output's scale, 16 bits cut off. */
static inline int32x4_t four(int32x4_t a, int32x4_t b, const struct factors *factors) {
    return vaddq_n_s32(vmlaq_n_s32(vmulq_n_s32(a, factors->a), b, factors->b), factors->constant);
}

/* Eight sums, of every other element. (VQSHRN would do as well, but the assembler of binutils 2.40 makes VQRSHRN of
 * it.) */
static inline int16x8_t eight(int16x8_t a, int16x8_t b, const struct factors *factors) {
    const int32x4_t even = four(vmovlbq_s16(a), vmovlbq_s16(b), factors);
    const int32x4_t odd = four(vmovltq_s16(a), vmovltq_s16(b), factors);
    const int16x8_t sums = vshrntq_n_s32(vshrnbq_n_s32(vuninitializedq_s16(), even, 16), odd, 16);
    return vrshlq_n_s16(sums, -factors->shift);
}

static inline int8x16_t sixteen(int8x16_t a, int8x16_t b, const struct factors *factors) {
    const int16x8_t even = eight(vmovlbq_s8(a), vmovlbq_s8(b), factors);
    const int16x8_t odd = eight(vmovltq_s8(a), vmovltq_s8(b), factors);
    return vqmovntq_s16(vqmovnbq_s16(vuninitializedq_s8(), even), odd);
}

void kernel_mve_add(const struct kernel_mve_add *layer, const int8_t *a, const int8_t *b, int8_t *out) {
    const struct factors factors = {layer->a_factor, layer->b_factor, layer->constant, layer->shift};
    int32_t left = layer->size;
    for (; left >= LANES; left -= LANES) {
        vst1q_s8(out, sixteen(vld1q_s8(a), vld1q_s8(b), &factors));
        a += LANES;
        b += LANES;
        out += LANES;
    }
    if (left > 0) {
        vst1q_p_s8(out, sixteen(vld1q_s8(a), vld1q_s8(b), &factors), vctp8q((uint32_t)left));
    }
}
