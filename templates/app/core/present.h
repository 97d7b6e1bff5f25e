/* The stage `present`: the class mask, scaled to the display's window. */
#ifndef PRESENT_H
#define PRESENT_H

#include <stdint.h>

#include "board_config.h"

/* Prepare for masks of height x width; neither is 0. */
void present_init(uint16_t height, uint16_t width);

/*
 * Draw `mask` into `layer` (BOARD_WINDOW_SIDE rows of as many bytes). Nearest neighbour with half-pixel centres:
 * window pixel (y, x) shows mask pixel (floor((y + 1/2) * height / side), floor((x + 1/2) * width / side)).
 */
void present_draw(const uint8_t *mask, uint8_t *layer);

#endif
