#include "profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer.h"
#include "board.h"
#include "bytes.h"
#include "crc32.h"
#include "loop.h"
#include "network.h"
#include "report.h"

#define LAYERS_MAX 512u
#define UNIT_CPU 0u /* in the CRC; npu is 1 */

/* When the inference began, and when each of its layers was done. */
static uint64_t begin, ends[LAYERS_MAX];

static bool note_end(void *context, uint16_t layer, const void *output, uint32_t size) {
    (void)context, (void)output, (void)size;
    ends[layer] = board_clock_ticks();
    return true;
}

/* The layers' ticks are differences of neighbouring ends: nothing is left out, and they add up to the whole. */
static void send_layers(uint32_t count) {
    uint64_t before = begin;
    uint32_t crc = 0;

    for (uint32_t layer = 0; layer < count; layer++) {
        const uint32_t ticks = (uint32_t)(ends[layer] - before);
        uint8_t packed[12];

        report_begin("layer");
        report_u32("i", layer);
        report_u32("ticks", ticks);
        report_text("unit", "cpu");
        report_send();
        bytes_store_u32(packed, layer);
        bytes_store_u32(packed + 4, ticks);
        bytes_store_u32(packed + 8, UNIT_CPU);
        crc = crc32_update(crc, packed, sizeof packed);
        before = ends[layer];
    }
    report_begin("layers");
    report_u32("n", count);
    report_u32("total", (uint32_t)(before - begin));
    report_word("crc", crc);
    report_send();
}

const char *profile_send(const struct telemetry_record *record) {
    int result;

    if (telemetry_count(record) != 0) {
        return "key";
    }
    if (network_layers == 0) {
        return "no-profile";
    }
    if (network_layers > LAYERS_MAX) {
        return "range";
    }
    answer_ok("profile", record->seq);
    result = loop_feed();
    if (result != 0) {
        return loop_reason(result);
    }
    board_clock_sync();
    begin = board_clock_ticks();
    if (network_walk(note_end, NULL) != 0) {
        return loop_reason(LOOP_E_NETWORK);
    }
    send_layers(network_layers);
    return NULL;
}
