/* A row of the window, pixel by pixel. */
#include "present_row.h"

void present_row(const uint8_t *from, const uint16_t *column, uint8_t *to) {
    for (uint32_t x = 0; x < BOARD_WINDOW_SIDE; x++) {
        to[x] = from[column[x]];
    }
}
