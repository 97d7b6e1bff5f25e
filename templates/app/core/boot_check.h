/* What a boot check found wrong, and the `boot` records. */
#ifndef BOOT_CHECK_H
#define BOOT_CHECK_H

#include <stddef.h>
#include <stdint.h>

#define NETWORK_ID_SIZE 32

/* One refusal: the check's name in docs/protocol.md, what it wanted and what was there (words first byte highest). */
struct boot_check {
    const char *name;
    size_t size;
    uint8_t expected[NETWORK_ID_SIZE], found[NETWORK_ID_SIZE];
};

void boot_check_word(struct boot_check *check, const char *name, uint32_t expected, uint32_t found);
void boot_check_id(struct boot_check *check, const char *name, const uint8_t *expected, const uint8_t *found);

/* Say how a stage (`loader`, `app`) came out: status `ok` or `ready`, or what it refused. */
void boot_say(const char *stage, const char *status);
void boot_refuse(const char *stage, const struct boot_check *check);

#endif
