/* Colours of the classes on the display. */
#ifndef PALETTE_H
#define PALETTE_H

#include <stdint.h>

/* 0xAARRGGBB for each class: 0 is transparent, 1 to 32 are distinct, later ones repeat them. */
void palette_fill(uint32_t palette[256]);

#endif
