/* The int8 operators that a compiled network calls. Each kernel set implements them in files of its own; all sets give
 * the same bytes. docs/numerics.md defines those.
 *
 * Tensors are int8 [height][width][channels], 16-byte aligned. Real value = scale * (q - zero_point). Offsets count
 * bytes from the start of the weights. Pointers may be equal only where a comment says so. */
#ifndef KERNELS_H
#define KERNELS_H

#include <stdint.h>

/* Changes with every struct and layout below. */
#define KERNELS_VERSION 1

/* Kernel height x width of a depthwise convolution, at most. */
#define KERNEL_MAX_TAPS 1024

struct kernel_shape {
    int32_t height, width, channels;
};

struct kernel_pair {
    int32_t height, width; /* along the height, along the width */
};

/* A convolution. The input's zero point is folded into the bias, so a sum starts with the bias and adds x * w, with
 * x = in_zero_point outside of the image. The compiler proves that no sum leaves int32.
 * Bias int32 [out.channels] and multiplier float [out.channels]; the layout of the weights is the kernel set's. */
struct kernel_conv {
    struct kernel_shape in, out;
    struct kernel_pair kernel, stride, dilation;
    struct kernel_pair pad; /* above and to the left */
    int32_t groups;
    int32_t in_zero_point, out_zero_point;
    uint32_t weights, bias, multiplier;
};

/* Any convolution; scratch holds as many bytes as the kernel set asks for. */
void kernel_conv(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out, int8_t *scratch);

/* One filter a channel: groups = in.channels = out.channels. */
void kernel_depthwise(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                      int8_t *scratch);

/* Kernel 1x1, stride 1, no padding, one group. */
void kernel_pointwise(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                      int8_t *scratch);

/* out = a + b, element by element; out may be a or b. */
struct kernel_add {
    int32_t size;
    int32_t a_zero_point, b_zero_point, out_zero_point;
    float a_scale, b_scale, out_scale;
};
void kernel_add(const struct kernel_add *layer, const int8_t *a, const int8_t *b, int8_t *out);

/* Mean over height and width, one value a channel. */
struct kernel_average {
    struct kernel_shape in;
    int32_t in_zero_point, out_zero_point;
    float in_scale, out_scale;
};
void kernel_average(const struct kernel_average *layer, const int8_t *in, int8_t *out);

/* Linear interpolation with half-pixel centres by whole factors; scale and zero point stay. */
struct kernel_resize {
    struct kernel_shape in;
    struct kernel_pair factor;
    int32_t zero_point;
    float scale;
};
void kernel_resize(const struct kernel_resize *layer, const int8_t *in, int8_t *out);

/* One pixel of `channels` bytes, `count` times. */
struct kernel_repeat {
    int32_t channels, count;
};
void kernel_repeat(const struct kernel_repeat *layer, const int8_t *in, int8_t *out);

/* Copies a tensor into a place of a larger one, every byte through a table of 256 for -128 ... 127. */
struct kernel_place {
    struct kernel_shape in;
    int32_t out_width, out_channels;
    int32_t top, left, channel; /* where the first byte goes */
    uint32_t table;
};
void kernel_place(const struct kernel_place *layer, const uint8_t *blob, const int8_t *in, int8_t *out);

/* The same without a table. */
void kernel_place_same(const struct kernel_place *layer, const int8_t *in, int8_t *out);

/* Every byte of a tensor. */
void kernel_fill(int32_t size, int32_t value, int8_t *out);

#endif
