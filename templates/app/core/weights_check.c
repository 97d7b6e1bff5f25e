/* Checks of the weights partition; its layout is in docs/virtual-board.md. */
#include "weights_check.h"

#include <string.h>

#include "bytes.h"
#include "crc32.h"

#define MAGIC 0x5457364Eu /* the bytes "N6WT" */
#define VERSION 1u

enum { AT_MAGIC = 0, AT_VERSION = 4, AT_SIZE = 8, AT_BLOB_CRC = 12, AT_NETWORK_ID = 16, AT_TRAILER_CRC = 60 };

uint32_t weights_crc(const uint8_t *blob, uint32_t size) {
    return bytes_load_u32(blob + weights_trailer_offset(size) + AT_BLOB_CRC);
}

bool weights_check(const uint8_t *blob, uint32_t size, const uint8_t network_id[NETWORK_ID_SIZE],
                   struct boot_check *check) {
    const uint8_t *trailer = blob + weights_trailer_offset(size);
    const struct {
        uint32_t expected;
        uint8_t at;
    } words[] = {
        {MAGIC, AT_MAGIC},
        {crc32_update(0, trailer, AT_TRAILER_CRC), AT_TRAILER_CRC},
        {VERSION, AT_VERSION},
        {size, AT_SIZE},
    };
    uint32_t crc;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        uint32_t found = bytes_load_u32(trailer + words[i].at);

        if (found != words[i].expected) {
            boot_check_word(check, "weights-trailer", words[i].expected, found);
            return false;
        }
    }
    crc = crc32_update(0, blob, size);
    if (crc != bytes_load_u32(trailer + AT_BLOB_CRC)) {
        boot_check_word(check, "weights-crc", bytes_load_u32(trailer + AT_BLOB_CRC), crc);
        return false;
    }
    if (memcmp(trailer + AT_NETWORK_ID, network_id, NETWORK_ID_SIZE) != 0) {
        boot_check_id(check, "network-id", network_id, trailer + AT_NETWORK_ID);
        return false;
    }
    return true;
}
