/* Operators that move bytes or look them up in tables, 16 at a time. */
#include "kernels.h"
#include "operators.h"

#include <arm_mve.h>
#include <stdbool.h>
#include <string.h>

#define LANES 16

/* Bytes are looked up as numbers from 0 on, tables begin with -128. */
static inline int8x16_t look_up(const int8_t *table, int8x16_t x) {
    return vldrbq_gather_offset_s8(table, vreinterpretq_u8_s8(veorq_s8(x, vdupq_n_s8(-128))));
}

/* `count` bytes, through a table if there is one. */
static inline void row(int8_t *to, const int8_t *from, int32_t count, const int8_t *table) {
    for (; count >= LANES; count -= LANES) {
        const int8x16_t x = vld1q_s8(from);
        vst1q_s8(to, table == NULL ? x : look_up(table, x));
        from += LANES;
        to += LANES;
    }
    if (count > 0) {
        const int8x16_t x = vld1q_s8(from);
        vst1q_p_s8(to, table == NULL ? x : look_up(table, x), vctp8q((uint32_t)count));
    }
}

void kernel_repeat(const struct kernel_repeat *layer, const int8_t *in, int8_t *out) {
    for (int32_t i = 0; i < layer->count; i++) {
        row(out, in, layer->channels, NULL);
        out += layer->channels;
    }
}

static inline void place(const struct kernel_place *layer, const int8_t *table, const int8_t *in, int8_t *out) {
    const bool joined = layer->in.channels == layer->out_channels;
    /* Without other channels in between, a row of pixels is one row of bytes. */
    const int32_t pixels = joined ? 1 : layer->in.width;
    const int32_t bytes = joined ? layer->in.width * layer->in.channels : layer->in.channels;
    for (int32_t y = 0; y < layer->in.height; y++) {
        int8_t *to = out + ((layer->top + y) * layer->out_width + layer->left) * layer->out_channels + layer->channel;
        for (int32_t x = 0; x < pixels; x++) {
            row(to, in, bytes, table);
            in += bytes;
            to += layer->out_channels;
        }
    }
}

void kernel_place(const struct kernel_place *layer, const uint8_t *blob, const int8_t *in, int8_t *out) {
    place(layer, (const int8_t *)(blob + layer->table), in, out);
}

void kernel_place_same(const struct kernel_place *layer, const int8_t *in, int8_t *out) {
    place(layer, NULL, in, out);
}

void kernel_fill(int32_t size, int32_t value, int8_t *out) {
    memset(out, value, (size_t)size);
}

void kernel_map(const struct kernel_map *layer, const uint8_t *blob, const int8_t *in, int8_t *out) {
    const int8_t *table = (const int8_t *)(blob + layer->table);
    if (layer->channels == 1) {
        row(out, in, layer->pixels, table);
        return;
    }
    for (int32_t pixel = 0; pixel < layer->pixels; pixel++) {
        for (int32_t channel = 0; channel < layer->channels; channel++) {
            *out++ = table[channel * 256 + 128 + *in++];
        }
    }
}
