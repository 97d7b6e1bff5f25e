/* Filling in and reporting a refused boot check. */
#include "boot_check.h"

#include <string.h>

#include "report.h"

static void store_highest_first(uint8_t *to, uint32_t value) {
    for (int i = 0; i < 4; i++) {
        to[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

void boot_check_word(struct boot_check *check, const char *name, uint32_t expected, uint32_t found) {
    check->name = name;
    check->size = 4;
    store_highest_first(check->expected, expected);
    store_highest_first(check->found, found);
}

void boot_check_id(struct boot_check *check, const char *name, const uint8_t *expected, const uint8_t *found) {
    check->name = name;
    check->size = NETWORK_ID_SIZE;
    memcpy(check->expected, expected, NETWORK_ID_SIZE);
    memcpy(check->found, found, NETWORK_ID_SIZE);
}

void boot_say(const char *stage, const char *status) {
    report_begin("boot");
    report_text("stage", stage);
    report_text("status", status);
    report_send();
}

void boot_refuse(const char *stage, const struct boot_check *check) {
    report_begin("boot");
    report_text("stage", stage);
    report_text("status", "refused");
    report_text("check", check->name);
    report_hex("expected", check->expected, check->size);
    report_hex("found", check->found, check->size);
    report_send();
}
