/* Column indices are computed once; a window row that shows the same mask row as the one above is copied from it. */
#include "present.h"

#include <string.h>

#include "present_row.h"

#define SIDE BOARD_WINDOW_SIDE

static uint16_t column[SIDE];
static uint16_t mask_height, mask_width;

static uint16_t nearest(uint32_t at, uint32_t size) {
    return (uint16_t)((2 * at + 1) * size / (2 * SIDE));
}

void present_init(uint16_t height, uint16_t width) {
    mask_height = height;
    mask_width = width;
    for (uint32_t x = 0; x < SIDE; x++) {
        column[x] = nearest(x, width);
    }
}

void present_draw(const uint8_t *mask, uint8_t *layer) {
    uint32_t last = UINT32_MAX;

    for (uint32_t y = 0; y < SIDE; y++, layer += SIDE) {
        const uint32_t row = nearest(y, mask_height);

        if (row == last) {
            memcpy(layer, layer - SIDE, SIDE);
            continue;
        }
        last = row;
        present_row(mask + row * mask_width, column, layer);
    }
}
