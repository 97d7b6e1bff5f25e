/* Element-wise sum. */
#include "kernels.h"
#include "requant.h"

void kernel_add(const struct kernel_add *layer, const int8_t *a, const int8_t *b, int8_t *out) {
    const struct quantiser quantiser = quantiser_of(layer->out_zero_point);
    for (int32_t i = 0; i < layer->size; i++) {
        const float left = (float)(a[i] - layer->a_zero_point) * layer->a_scale;
        const float right = (float)(b[i] - layer->b_zero_point) * layer->b_scale;
        out[i] = quantise((left + right) / layer->out_scale, quantiser);
    }
}
