/* Functions of one activation. */
#include "operators.h"

void kernel_map(const struct kernel_map *layer, const uint8_t *blob, const int8_t *in, int8_t *out) {
    const int8_t *table = (const int8_t *)(blob + layer->table) + 128;
    for (int32_t pixel = 0; pixel < layer->pixels; pixel++) {
        for (int32_t channel = 0; channel < layer->channels; channel++) {
            *out++ = table[channel * 256 + *in++];
        }
    }
}
