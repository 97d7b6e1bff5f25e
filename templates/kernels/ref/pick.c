/* Rows, columns and channels of a tensor, in any order. */
#include <string.h>

#include "operators.h"

void kernel_pick(const struct kernel_pick *layer, const uint8_t *blob, const int8_t *in, int8_t *out) {
    const int32_t *rows = (const int32_t *)(const void *)(blob + layer->rows);
    const int32_t *columns = (const int32_t *)(const void *)(blob + layer->columns);
    const int32_t channels = layer->out.channels;
    for (int32_t y = 0; y < layer->out.height; y++) {
        for (int32_t x = 0; x < layer->out.width; x++) {
            const int8_t *pixel = in + rows[y] + columns[x] + layer->channel;
            if (layer->channel_step == 1) {
                memcpy(out, pixel, (size_t)channels);
            } else {
                for (int32_t channel = 0; channel < channels; channel++) {
                    out[channel] = pixel[channel * layer->channel_step];
                }
            }
            out += channels;
        }
    }
}
