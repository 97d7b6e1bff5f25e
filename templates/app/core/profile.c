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

/* When the inference began, in ticks; how long after that each of its layers was done, and who ran it. */
static uint64_t begin;
static uint32_t ends[LAYERS_MAX], count;
static uint8_t units[LAYERS_MAX];

/* A block of the NPU's may be told again: then it was not done before. Layers beyond the last place are counted. */
static bool note_end(void *context, uint16_t layer, const void *output, uint32_t size) {
    const uint64_t passed = board_clock_ticks() - begin;

    (void)context, (void)output, (void)size;
    if (layer < LAYERS_MAX) {
        ends[layer] = (uint32_t)passed;
        units[layer] = (uint8_t)network_unit();
    }
    count = layer + 1u;
    return true;
}

/* The layers' ticks are differences of neighbouring ends: nothing is left out, and they add up to the whole. */
static void send_layers(void) {
    static const char *const names[] = {[NETWORK_CPU] = "cpu", [NETWORK_NPU] = "npu", [NETWORK_HYBRID] = "hybrid"};
    uint32_t before = 0, crc = 0;

    for (uint32_t layer = 0; layer < count; layer++) {
        const uint32_t ticks = ends[layer] - before;
        uint8_t packed[12];

        report_begin("layer");
        report_u32("i", layer);
        report_u32("ticks", ticks);
        report_text("unit", names[units[layer]]);
        report_send();
        bytes_store_u32(packed, layer);
        bytes_store_u32(packed + 4, ticks);
        bytes_store_u32(packed + 8, units[layer]);
        crc = crc32_update(crc, packed, sizeof packed);
        before = ends[layer];
    }
    report_begin("layers");
    report_u32("n", count);
    report_u32("total", before);
    report_word("crc", crc);
    report_send();
}

const char *profile_send(const struct telemetry_record *record) {
    int result;

    if (telemetry_count(record) != 0) {
        return "key";
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
    count = 0;
    result = network_walk(note_end, NULL);
    if (result != 0) {
        return result == NETWORK_E_ORDER ? "order" : loop_reason(LOOP_E_NETWORK);
    }
    /* How many blocks an NPU runs is known only now. */
    if (count > LAYERS_MAX) {
        return "range";
    }
    send_layers();
    return NULL;
}
