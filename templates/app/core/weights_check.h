/* Is what lies in the weights partition the weights that the app was built for? Shared by loader and app. */
#ifndef WEIGHTS_CHECK_H
#define WEIGHTS_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "boot_check.h"

#define WEIGHTS_TRAILER_SIZE 64u

/* Offset of the trailer behind a blob of `size` bytes. */
static inline uint32_t weights_trailer_offset(uint32_t size) {
    return (size + WEIGHTS_TRAILER_SIZE - 1) & ~(WEIGHTS_TRAILER_SIZE - 1);
}

/* The CRC-32 that the trailer behind a blob says it has. */
uint32_t weights_crc(const uint8_t *blob, uint32_t size);

/* Check trailer, CRC and network id of the `size` bytes at `blob`. False, and `check` filled in, if one is wrong. */
bool weights_check(const uint8_t *blob, uint32_t size, const uint8_t network_id[NETWORK_ID_SIZE],
                   struct boot_check *check);

#endif
