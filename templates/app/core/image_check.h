/* What the loader checks before it starts an app: STM32 image header 2.3, checksum, info block (docs/images.md). */
#ifndef IMAGE_CHECK_H
#define IMAGE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "app_info.h"
#include "boot_check.h"

#define IMAGE_PAYLOAD_OFFSET 0x400u

/* Where an image may lie and run. Addresses and sizes in bytes. */
struct image_bounds {
    uint32_t partition_size; /* room in the NOR */
    uint32_t ram_base;       /* where header and payload are copied to */
    uint32_t ram_size;
    uint32_t weights_address; /* the weights partition */
    uint32_t weights_size;
};

/*
 * Check the image at `image`. True: `size` is its length with header, `info` its info block. False: `check` names what
 * is wrong. Never reads beyond `bounds->partition_size`.
 */
bool image_check(const uint8_t *image, const struct image_bounds *bounds, uint32_t *size, struct app_info *info,
                 struct boot_check *check);

#endif
