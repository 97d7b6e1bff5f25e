/* Checks of an app image in the NOR, in the order in which one makes sense of the next. */
#include "image_check.h"

#include <string.h>

#include "bytes.h"
#include "weights_check.h"

#define MAGIC 0x324D5453u /* the bytes "STM2" */
#define HEADER_VERSION 0x00020300u
#define HEADER_SIZE 0x240u /* length and checksum cover what follows */
#define SMALLEST (IMAGE_PAYLOAD_OFFSET + APP_INFO_OFFSET + sizeof(struct app_info))

enum {
    AT_MAGIC = 0,
    AT_CHECKSUM = 0x64,
    AT_VERSION = 0x68,
    AT_LENGTH = 0x6C,
    AT_ENTRY = 0x70,
    AT_RESET_VECTOR = 0x404
};

static bool word_is(const uint8_t *at, const char *name, uint32_t expected, struct boot_check *check) {
    uint32_t found = bytes_load_u32(at);

    if (found != expected) {
        boot_check_word(check, name, expected, found);
    }
    return found == expected;
}

static bool is_within(const char *name, uint32_t low, uint32_t value, uint32_t high, struct boot_check *check) {
    if (value >= low && value <= high) {
        return true;
    }
    boot_check_word(check, name, value < low ? low : high, value);
    return false;
}

static bool header_is_good(const uint8_t *image, const struct image_bounds *bounds, uint32_t *size,
                           struct boot_check *check) {
    uint32_t room = bounds->partition_size < bounds->ram_size ? bounds->partition_size : bounds->ram_size;
    uint32_t length = bytes_load_u32(image + AT_LENGTH);
    uint32_t entry = bytes_load_u32(image + AT_ENTRY);

    if (!word_is(image + AT_MAGIC, "app-header", MAGIC, check) ||
        !word_is(image + AT_VERSION, "app-header", HEADER_VERSION, check) ||
        !is_within("app-header", SMALLEST - HEADER_SIZE, length, room - HEADER_SIZE, check) ||
        !word_is(image + AT_RESET_VECTOR, "app-header", entry, check)) {
        return false;
    }
    *size = HEADER_SIZE + length;
    /* The lowest bit says Thumb, the only instruction set there is. */
    return is_within("app-header", bounds->ram_base + IMAGE_PAYLOAD_OFFSET, entry, bounds->ram_base + *size - 1,
                     check) &&
           is_within("app-header", entry | 1, entry, entry | 1, check);
}

static bool checksum_is_good(const uint8_t *image, uint32_t size, struct boot_check *check) {
    uint32_t sum = 0;

    for (uint32_t i = HEADER_SIZE; i < size; i++) {
        sum += image[i];
    }
    if (sum != bytes_load_u32(image + AT_CHECKSUM)) {
        boot_check_word(check, "app-checksum", bytes_load_u32(image + AT_CHECKSUM), sum);
        return false;
    }
    return true;
}

static bool info_is_good(const struct app_info *info, const struct image_bounds *bounds, struct boot_check *check) {
    const uint32_t words[][2] = {
        {APP_INFO_MAGIC, info->magic},
        {APP_INFO_VERSION, info->version},
        {bounds->weights_address, info->weights_address},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i][0] != words[i][1]) {
            boot_check_word(check, "app-info", words[i][0], words[i][1]);
            return false;
        }
    }
    return is_within("app-info", 1, info->weights_size, bounds->weights_size - WEIGHTS_TRAILER_SIZE, check);
}

bool image_check(const uint8_t *image, const struct image_bounds *bounds, uint32_t *size, struct app_info *info,
                 struct boot_check *check) {
    if (!header_is_good(image, bounds, size, check) || !checksum_is_good(image, *size, check)) {
        return false;
    }
    memcpy(info, image + IMAGE_PAYLOAD_OFFSET + APP_INFO_OFFSET, sizeof *info);
    return info_is_good(info, bounds, check);
}
