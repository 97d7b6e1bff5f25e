/* The inner loops of depthwise convolutions; see depthwise_run.S. */
#ifndef DEPTHWISE_RUN_H
#define DEPTHWISE_RUN_H

#include <stdint.h>

/* depthwise_run.S reads it word by word, in this order. */
struct depthwise_run {
    const int8_t *in; /* what the offsets count from, for the first output */
    int32_t in_step;  /* bytes from one output's inputs to the next one's */
    int8_t *out;
    int32_t channels;
    int32_t pixels;         /* one after another, at least 1 */
    const int32_t *offsets; /* of each tap's input, in bytes */
    int32_t pairs, singles; /* taps whose products are added in int16, and those, behind them, that are not */
    const int8_t *weights;  /* for every 16 channels: 16 bytes for each tap */
    const int32_t *bias;
    const float *multiplier;
    int32_t zero_point; /* of the output */
};

/* All channels of pixels that have the same taps. The order of channels in biases and multipliers is that of mve.h. */
void depthwise_run(const struct depthwise_run *run);

#endif
