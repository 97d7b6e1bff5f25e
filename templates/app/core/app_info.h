/* The block in the app's image that says which weights it wants (docs/virtual-board.md). */
#ifndef APP_INFO_H
#define APP_INFO_H

#include <stdint.h>

#include "boot_check.h"

#define APP_INFO_MAGIC 0x5041364Eu /* the bytes "N6AP" */
#define APP_INFO_VERSION 1u
#define APP_INFO_OFFSET 0x400u /* from the payload's start */

struct app_info {
    uint32_t magic, version;
    uint32_t weights_address, weights_size;
    uint8_t network_id[NETWORK_ID_SIZE];
    uint8_t build_id[32];
};

_Static_assert(sizeof(struct app_info) == 80, "the block is 80 bytes in the image");

extern const struct app_info app_info;

#endif
