/* One table look-up a byte. */
#include "input.h"

#include <stddef.h>

void input_write(const struct input_map *map, const struct network_tensor *info, const uint8_t *frame, void *tensor) {
    const size_t pixels = (size_t)info->height * info->width;
    const uint8_t *const r = frame + map->order[0], *const g = frame + map->order[1], *const b = frame + map->order[2];
    uint8_t *to = tensor;

    if (info->order == NETWORK_HWC) {
        for (size_t i = 0; i < 3 * pixels; i += 3) {
            to[i] = map->table[0][r[i]];
            to[i + 1] = map->table[1][g[i]];
            to[i + 2] = map->table[2][b[i]];
        }
    } else {
        for (size_t i = 0; i < pixels; i++) {
            to[i] = map->table[0][r[3 * i]];
            to[pixels + i] = map->table[1][g[3 * i]];
            to[2 * pixels + i] = map->table[2][b[3 * i]];
        }
    }
}
