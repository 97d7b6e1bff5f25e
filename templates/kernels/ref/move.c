/* Operators that move bytes and compute nothing. */
#include <string.h>

#include "kernels.h"

void kernel_repeat(const struct kernel_repeat *layer, const int8_t *in, int8_t *out) {
    for (int32_t i = 0; i < layer->count; i++) {
        memcpy(out, in, (size_t)layer->channels);
        out += layer->channels;
    }
}

static int8_t *first_byte(const struct kernel_place *layer, int32_t y, int8_t *out) {
    return out + ((layer->top + y) * layer->out_width + layer->left) * layer->out_channels + layer->channel;
}

void kernel_place(const struct kernel_place *layer, const uint8_t *blob, const int8_t *in, int8_t *out) {
    const int8_t *table = (const int8_t *)(blob + layer->table) + 128;
    for (int32_t y = 0; y < layer->in.height; y++) {
        int8_t *to = first_byte(layer, y, out);
        for (int32_t x = 0; x < layer->in.width; x++) {
            for (int32_t channel = 0; channel < layer->in.channels; channel++) {
                to[channel] = table[*in++];
            }
            to += layer->out_channels;
        }
    }
}

void kernel_place_same(const struct kernel_place *layer, const int8_t *in, int8_t *out) {
    for (int32_t y = 0; y < layer->in.height; y++) {
        int8_t *to = first_byte(layer, y, out);
        for (int32_t x = 0; x < layer->in.width; x++) {
            memcpy(to, in, (size_t)layer->in.channels);
            in += layer->in.channels;
            to += layer->out_channels;
        }
    }
}

void kernel_fill(int32_t size, int32_t value, int8_t *out) {
    memset(out, value, (size_t)size);
}
