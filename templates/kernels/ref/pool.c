/* Pooling: the largest or the mean of a window. */
#include <stdbool.h>

#include "operators.h"
#include "requant.h"

/* Where the window's first row and column lie, perhaps before the image. */
static struct kernel_pair corner(const struct kernel_pool *layer, int32_t y, int32_t x) {
    const struct kernel_pair at = {y * layer->stride.height - layer->pad.height,
                                   x * layer->stride.width - layer->pad.width};
    return at;
}

static bool is_inside(int32_t at, int32_t end) {
    return at >= 0 && at < end;
}

void kernel_max_pool(const struct kernel_pool *layer, const int8_t *in, int8_t *out) {
    const int32_t channels = layer->in.channels;
    for (int32_t y = 0; y < layer->out.height; y++) {
        for (int32_t x = 0; x < layer->out.width; x++) {
            const struct kernel_pair at = corner(layer, y, x);
            memset(out, INT8_MIN, (size_t)channels);
            for (int32_t i = 0; i < layer->kernel.height; i++) {
                const int32_t in_y = at.height + i * layer->dilation.height;
                for (int32_t j = 0; j < layer->kernel.width; j++) {
                    const int32_t in_x = at.width + j * layer->dilation.width;
                    if (is_inside(in_y, layer->in.height) && is_inside(in_x, layer->in.width)) {
                        const int8_t *pixel = in + (in_y * layer->in.width + in_x) * channels;
                        for (int32_t channel = 0; channel < channels; channel++) {
                            out[channel] = pixel[channel] > out[channel] ? pixel[channel] : out[channel];
                        }
                    }
                }
            }
            out += channels;
        }
    }
}

/* One channel's pixels, as real values. */
struct plane {
    const struct kernel_average_pool *layer;
    const int8_t *first;
};

static float value_at(const struct plane *plane, int32_t y, int32_t x) {
    const struct kernel_average_pool *layer = plane->layer;
    const int8_t q = plane->first[(y * layer->pool.in.width + x) * layer->pool.in.channels];
    return (float)(q - layer->in_zero_point) * layer->in_scale;
}

static float sum_by_rows(const struct plane *plane, struct kernel_pair at) {
    const struct kernel_pool *pool = &plane->layer->pool;
    float sum = 0.0f;
    for (int32_t i = 0; i < pool->kernel.height; i++) {
        const int32_t y = at.height + i * pool->dilation.height;
        for (int32_t j = 0; j < pool->kernel.width; j++) {
            const int32_t x = at.width + j * pool->dilation.width;
            if (is_inside(y, pool->in.height) && is_inside(x, pool->in.width)) {
                sum += value_at(plane, y, x);
            }
        }
    }
    return sum;
}

static float sum_by_columns(const struct plane *plane, struct kernel_pair at) {
    const struct kernel_pool *pool = &plane->layer->pool;
    float sum = 0.0f;
    for (int32_t j = 0; j < pool->kernel.width; j++) {
        const int32_t x = at.width + j * pool->dilation.width;
        float column = 0.0f;
        for (int32_t i = 0; i < pool->kernel.height; i++) {
            const int32_t y = at.height + i * pool->dilation.height;
            if (is_inside(y, pool->in.height) && is_inside(x, pool->in.width)) {
                column += value_at(plane, y, x);
            }
        }
        sum += column;
    }
    return sum;
}

/* How many of a window's rows or columns count. */
static int32_t count(int32_t at, int32_t taps, int32_t dilation, int32_t first, int32_t end) {
    int32_t counted = 0;
    for (int32_t i = 0; i < taps; i++) {
        counted += at >= first && at < end;
        at += dilation;
    }
    return counted;
}

void kernel_average_pool(const struct kernel_average_pool *layer, const int8_t *in, int8_t *out) {
    const struct quantiser quantiser = quantiser_of(layer->out_zero_point);
    const struct kernel_pool *pool = &layer->pool;
    for (int32_t y = 0; y < pool->out.height; y++) {
        for (int32_t x = 0; x < pool->out.width; x++) {
            const struct kernel_pair at = corner(pool, y, x);
            const int32_t rows =
                count(at.height, pool->kernel.height, pool->dilation.height, layer->first.height, layer->end.height);
            const int32_t columns =
                count(at.width, pool->kernel.width, pool->dilation.width, layer->first.width, layer->end.width);
            for (int32_t channel = 0; channel < pool->in.channels; channel++) {
                const struct plane plane = {layer, in + channel};
                const float sum = layer->by_columns ? sum_by_columns(&plane, at) : sum_by_rows(&plane, at);
                *out++ = quantise(sum / (float)(rows * columns) / layer->out_scale, quantiser);
            }
        }
    }
}
