/* Brings an output pixel's inputs together. */
#ifndef GATHER_H
#define GATHER_H

#include "kernels.h"

/* The inputs of `count` outputs from number `first` on, `step` bytes apart: [row][column][channel], then anything. Up
 * to 15 bytes behind them are written. */
void gather(const struct kernel_conv *layer, const int8_t *in, int32_t first, int32_t count, int32_t step, int8_t *to);

#endif
