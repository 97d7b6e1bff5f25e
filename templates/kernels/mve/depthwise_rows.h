/* A depthwise convolution a few rows at a time. */
#ifndef DEPTHWISE_ROWS_H
#define DEPTHWISE_ROWS_H

#include "kernels.h"

#include <stdbool.h>

/* As kernel_mve_depthwise(), or if it is `wide` as kernel_mve_depthwise_wide(): `count` rows of outputs from row
 * `first` on, to `out`; `in` is the whole image. Rows are asked for in order, from 0 on: scratch keeps what those that
 * follow need. */
void depthwise_rows(const struct kernel_conv *layer, bool wide, const uint8_t *blob, const int8_t *in, int32_t first,
                    int32_t count, int8_t *out, int8_t *scratch);

#endif
