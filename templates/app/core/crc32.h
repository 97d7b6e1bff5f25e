/* CRC-32 as zlib computes it (reflected 0x04C11DB7). */
#ifndef CRC32_H
#define CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The CRC of what `crc` was computed over, followed by `data`. Start with 0. */
uint32_t crc32_update(uint32_t crc, const void *data, size_t size);

#endif
