/* What one pixel adds to all sums of a pointwise convolution. */
#ifndef PIXEL_H
#define PIXEL_H

#include "mve.h"

/* The biases with that pixel's share, in `scratch`: see kernel_mve_pixel(). */
const int32_t *pixel_biases(const struct kernel_mve_pixel *layer, const uint8_t *blob, const int8_t *pixel,
                            int8_t *scratch);

#endif
