/* The stage `input`: camera bytes become the network's input tensor. */
#ifndef INPUT_H
#define INPUT_H

#include <stdint.h>

#include "network.h"

/*
 * The mapping: network channel c of a pixel is table[c][ frame byte order[c] ], with frame bytes R, G, B = 0, 1, 2.
 * Table bytes are in the tensor's own type.
 */
struct input_map {
    uint8_t order[3];
    uint8_t table[3][256];
};

/* Fill `tensor` (three channels of 8 bits) from an RGB888 frame of the same height and width. */
void input_write(const struct input_map *map, const struct network_tensor *info, const uint8_t *frame, void *tensor);

#endif
