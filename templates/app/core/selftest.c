#include "selftest.h"

#include <stddef.h>

#include "answer.h"
#include "app_info.h"
#include "beat.h"
#include "board.h"
#include "clocks.h"
#include "crc32.h"
#include "inject.h"
#include "report.h"
#include "weights_check.h"

/* Every word of the weights, once, as fast as the CPU reads. */
static struct clocks read_time(const volatile uint32_t *words, uint32_t count) {
    struct clocks begin;

    board_clock_sync();
    begin = clocks_now();
    for (uint32_t i = 0; i + 4 <= count; i += 4) {
        (void)words[i];
        (void)words[i + 1];
        (void)words[i + 2];
        (void)words[i + 3];
    }
    return clocks_since(&begin);
}

/* Another value in every word: a line of the address bus that does not move shows. */
static uint32_t pattern(uint32_t word, uint32_t flip) {
    return (word * 0x9E3779B1u) ^ flip;
}

uint32_t selftest_memory(void *memory, uint32_t size) {
    static const uint32_t flips[] = {0, UINT32_MAX};
    volatile uint32_t *words = memory;
    uint32_t wrong = 0;

    for (size_t pass = 0; pass < sizeof flips / sizeof flips[0]; pass++) {
        for (uint32_t i = 0; i < size / 4; i++) {
            words[i] = pattern(i, flips[pass]);
        }
        for (uint32_t i = 0; i < size / 4; i++) {
            wrong += words[i] != pattern(i, flips[pass]);
        }
    }
    return wrong;
}

const char *selftest(const struct telemetry_record *record) {
    const uint8_t *weights = board_weights();
    const uint32_t size = app_info.weights_size;
    struct clocks flash;
    uint32_t room, crc, wrong;
    uint8_t *spare = board_spare(&room);

    if (telemetry_count(record) != 0) {
        return "key";
    }
    answer_ok("selftest", record->seq);
    if (inject_is_held()) {
        room = 0; /* in use */
    }
    flash = read_time((const volatile uint32_t *)weights, size / 4);
    beat();
    crc = crc32_update(0, weights, size);
    beat();
    wrong = selftest_memory(spare, room);
    report_begin("tested");
    report_u32("ref", record->seq);
    report_u32("flash_size", size / 16 * 16);
    report_ticks("flash_ticks", flash.first);
    report_ticks("flash_ticks2", flash.second);
    report_word("crc", crc);
    report_word("crc_wanted", weights_crc(weights, size));
    report_u32("ram_size", room / 4 * 4);
    report_u32("ram_wrong", wrong);
    report_send();
    return NULL;
}
