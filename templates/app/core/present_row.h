/* One row of the window. present_row.c has a Helium twin in mve/. */
#ifndef PRESENT_ROW_H
#define PRESENT_ROW_H

#include <stdint.h>

#include "board_config.h"

/* to[x] = from[column[x]] for the BOARD_WINDOW_SIDE pixels of a row. */
void present_row(const uint8_t *from, const uint16_t *column, uint8_t *to);

#endif
