/* Element-wise operations on two tensors. */
#include "operators.h"
#include "requant.h"

typedef float operation(float a, float b);

/* Inlined with a known operation. */
static inline void binary(const struct kernel_binary *layer, const int8_t *a, const int8_t *b, int8_t *out,
                          operation *compute) {
    const struct quantiser quantiser = quantiser_of(layer->out_zero_point);
    const struct kernel_shape *a_step = &layer->a_step;
    const struct kernel_shape *b_step = &layer->b_step;
    for (int32_t y = 0; y < layer->out.height; y++) {
        for (int32_t x = 0; x < layer->out.width; x++) {
            const int8_t *left = a + y * a_step->height + x * a_step->width;
            const int8_t *right = b + y * b_step->height + x * b_step->width;
            for (int32_t channel = 0; channel < layer->out.channels; channel++) {
                const float value = compute((float)(*left - layer->a_zero_point) * layer->a_scale,
                                            (float)(*right - layer->b_zero_point) * layer->b_scale);
                *out++ = quantise(value / layer->out_scale, quantiser);
                left += a_step->channels;
                right += b_step->channels;
            }
        }
    }
}

static float sum(float a, float b) {
    return a + b;
}

static float difference(float a, float b) {
    return a - b;
}

static float product(float a, float b) {
    return a * b;
}

static float larger(float a, float b) {
    return a > b ? a : b;
}

static float smaller(float a, float b) {
    return a < b ? a : b;
}

void kernel_binary_add(const struct kernel_binary *layer, const int8_t *a, const int8_t *b, int8_t *out) {
    binary(layer, a, b, out, sum);
}

void kernel_binary_sub(const struct kernel_binary *layer, const int8_t *a, const int8_t *b, int8_t *out) {
    binary(layer, a, b, out, difference);
}

void kernel_binary_mul(const struct kernel_binary *layer, const int8_t *a, const int8_t *b, int8_t *out) {
    binary(layer, a, b, out, product);
}

void kernel_binary_max(const struct kernel_binary *layer, const int8_t *a, const int8_t *b, int8_t *out) {
    binary(layer, a, b, out, larger);
}

void kernel_binary_min(const struct kernel_binary *layer, const int8_t *a, const int8_t *b, int8_t *out) {
    binary(layer, a, b, out, smaller);
}
