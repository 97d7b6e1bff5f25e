/* 32 colours that stay apart when they are laid half transparent over a picture. */
#include "palette.h"

#define ALPHA 0x99000000u
#define COLOURS 32u

static const uint32_t colours[COLOURS] = {
    0x00C7BE, 0x34C759, 0x007AFF, 0xFFCC00, 0xAF52DE, 0xFF9500, 0xFF3B30, 0xFF2D96, 0xA2845E, 0x5856D6, 0x8EEB00,
    0x00A0B0, 0xB00020, 0x006400, 0x00205B, 0x7F6A00, 0x4B0073, 0xFFB3A7, 0xA6F0C6, 0x9CD3FF, 0xFFF4A3, 0xE3B8FF,
    0xC75B00, 0x3D5A4C, 0xFF70F0, 0x5C3317, 0x00FF7F, 0x40E0FF, 0x808000, 0x8B4F80, 0xD0D0D0, 0x404040,
};

void palette_fill(uint32_t palette[256]) {
    palette[0] = 0;
    for (uint32_t i = 1; i < 256; i++) {
        palette[i] = ALPHA | colours[(i - 1) % COLOURS];
    }
}
