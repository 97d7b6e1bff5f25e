#include "window.h"

#include <stdbool.h>
#include <stddef.h>

#include "answer.h"
#include "bytes.h"
#include "crc32.h"
#include "report.h"

#define PASSES_MAX 1000000u /* of a warm-up */

void window_send(const struct loop_sample *samples, uint32_t count, const struct clocks *span) {
    uint32_t crc = 0;

    for (const struct loop_sample *sample = samples; sample < samples + count; sample++) {
        const struct {
            const char *key;
            uint32_t value;
        } fields[] = {
            {"i", sample->index},         {"frame", sample->frame},     {"wait", sample->wait},
            {"input", sample->input},     {"network", sample->network}, {"decode", sample->decode},
            {"present", sample->present}, {"loop", sample->loop},
        };

        report_begin("sample");
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
            uint8_t word[4];

            report_u32(fields[i].key, fields[i].value);
            bytes_store_u32(word, fields[i].value);
            crc = crc32_update(crc, word, sizeof word);
        }
        report_send();
    }
    report_begin("window");
    report_u32("n", count);
    report_word("crc", crc);
    report_ticks("ticks", span->first);
    report_ticks("ticks2", span->second);
    report_send();
}

/* How many passes are asked for, the same two keys in both commands. */
static bool get_passes(const struct telemetry_record *record, uint32_t *frames, uint32_t *repeat) {
    return telemetry_count(record) == 2 && telemetry_get_u32(record, "frames", frames) &&
           telemetry_get_u32(record, "repeat", repeat);
}

static bool is_in_range(uint32_t frames, uint32_t repeat, uint32_t most) {
    return frames != 0 && repeat != 0 && frames <= most && repeat <= most / frames;
}

const char *window_run(const struct telemetry_record *record) {
    struct clocks begin, span;
    uint32_t frames, repeat;
    int result;

    if (!get_passes(record, &frames, &repeat)) {
        return "key";
    }
    if (!is_in_range(frames, repeat, LOOP_SAMPLES_MAX)) {
        return "range";
    }
    answer_ok("run", record->seq);
    begin = clocks_now();
    result = loop_run(frames, repeat, LOOP_SAMPLES_MAX);
    span = clocks_since(&begin);
    if (result != 0) {
        return loop_reason(result);
    }
    window_send(loop_samples(), frames * repeat, &span);
    return NULL;
}

const char *window_warm(const struct telemetry_record *record) {
    uint32_t frames, repeat;
    int result;

    if (!get_passes(record, &frames, &repeat)) {
        return "key";
    }
    if (!is_in_range(frames, repeat, PASSES_MAX)) {
        return "range";
    }
    answer_ok("warm", record->seq);
    result = loop_run(frames, repeat, 1);
    if (result != 0) {
        return loop_reason(result);
    }
    answer_done("warm", record->seq);
    return NULL;
}
