/* From a real value in steps of the output's scale to its int8, and from a convolution's sum to its int8.
 * Build with -ffp-contract=off and without -ffast-math. */
#ifndef REQUANT_H
#define REQUANT_H

#ifdef __FAST_MATH__
#error "-ffast-math (and -Ofast) reorders float arithmetic: the network would compute something else"
#endif

#include <math.h>
#include <stdint.h>
#include <string.h>

/* What the output's zero point leaves of -128 ... 127. */
struct quantiser {
    float low, high;
    int32_t zero_point;
};

static inline struct quantiser quantiser_of(int32_t zero_point) {
    const struct quantiser quantiser = {(float)(-128 - zero_point), (float)(127 - zero_point), zero_point};
    return quantiser;
}

/* clamp(round(steps) + zero_point), half to even. Clamping first is the same, as both limits are whole, and bounds the
 * value for the rounding: 1.5 * 2^23 is so large that the sum's last bit is worth 1, so the addition itself rounds (to
 * nearest even, the default mode of host and board), and the float's low bits are the integer. */
static inline int8_t quantise(float steps, struct quantiser quantiser) {
    const float bounded = fminf(fmaxf(steps, quantiser.low), quantiser.high);
    const float shifted = bounded + 12582912.0f;
    int32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    return (int8_t)(bits - 0x4B400000 + quantiser.zero_point);
}

/* A sum of up to 24 bits converts exactly; a larger one rounds half to even, as the definition's own conversion does.
 */
static inline int8_t requantise(int32_t sum, float multiplier, struct quantiser quantiser) {
    return quantise((float)sum * multiplier, quantiser);
}

#endif
