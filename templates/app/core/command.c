/* What the host may ask for, and the answers. */
#include "command.h"

#include <stdbool.h>
#include <string.h>

#include "answer.h"
#include "app_config.h"
#include "app_info.h"
#include "board.h"
#include "bytes.h"
#include "crc32.h"
#include "inject.h"
#include "loop.h"
#include "network.h"
#include "report.h"
#include "telemetry.h"
#include "tensor.h"

#define NAME_MAX_SHOWN 31 /* of an unknown command */

static const char *hello(const struct telemetry_record *record) {
    uint32_t nonce, protocol;

    if (telemetry_count(record) != 2 || !telemetry_get_word(record, "nonce", &nonce) ||
        !telemetry_get_u32(record, "protocol", &protocol) || nonce == 0) {
        return "key";
    }
    if (protocol != TELEMETRY_PROTOCOL) {
        return "protocol";
    }
    report_session(nonce);
    inject_end();
    report_begin("hello");
    report_u32("protocol", TELEMETRY_PROTOCOL);
    report_word("nonce", nonce);
    report_text("board", BOARD_NAME);
    report_hex("network", app_info.network_id, sizeof app_info.network_id);
    report_hex("build", app_info.build_id, sizeof app_info.build_id);
    report_u32("tick_hz", board_clock_hz());
    report_u32("in_h", network_input_info.height);
    report_u32("in_w", network_input_info.width);
    report_u32("out_h", network_output_info.height);
    report_u32("out_w", network_output_info.width);
    report_u32("classes", network_output_info.channels);
    report_u32("mask_h", APP_MASK_HEIGHT);
    report_u32("mask_w", APP_MASK_WIDTH);
    report_text("decode", APP_DECODE_NAME);
    report_text("input", APP_INPUT_NAME);
    report_send();
    return NULL;
}

static void send_samples(const struct loop_sample *samples, uint32_t count) {
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
    report_send();
}

static const char *run(const struct telemetry_record *record) {
    uint32_t frames, repeat;
    int result;

    if (telemetry_count(record) != 2 || !telemetry_get_u32(record, "frames", &frames) ||
        !telemetry_get_u32(record, "repeat", &repeat)) {
        return "key";
    }
    if (frames == 0 || repeat == 0 || frames > LOOP_SAMPLES_MAX || repeat > LOOP_SAMPLES_MAX / frames) {
        return "range";
    }
    answer_ok("run", record->seq);
    result = loop_run(frames, repeat);
    if (result != 0) {
        return loop_reason(result);
    }
    send_samples(loop_samples(), frames * repeat);
    return NULL;
}

static const char *mask(const struct telemetry_record *record) {
    if (telemetry_count(record) != 0) {
        return "key";
    }
    if (loop_mask() == NULL) {
        return "no-mask";
    }
    report_bulk("mask", loop_mask(), LOOP_MASK_SIZE);
    return NULL;
}

static const char *reset(const struct telemetry_record *record) {
    if (telemetry_count(record) != 0) {
        return "key";
    }
    answer_ok("reset", record->seq);
    board_reset();
}

/* Each carries its command out and answers, or returns why it cannot. */
static const struct {
    const char *name;
    bool needs_session;
    const char *(*carry_out)(const struct telemetry_record *record);
} commands[] = {
    {"hello", false, hello},
    {"run", true, run},
    {"mask", true, mask},
    {"reset", true, reset},
    {"inject", true, inject},
    {"tensor", true, tensor_send},
    {"digests", true, tensor_digests},
};

/* What a board sends: an echoing link brings it back, and it wants no answer. A hello from a board names the board. */
static bool is_ours(const struct telemetry_record *record) {
    static const char *const types[] = {"boot", "ok", "error", "sample", "window", "bulk", "chunk", "done", "fault"};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (telemetry_is(record, types[i])) {
            return true;
        }
    }
    return telemetry_is(record, "hello") && telemetry_has(record, "board");
}

bool command_is_echo(const char *line, size_t length) {
    struct telemetry_record record;

    return telemetry_parse(line, length, &record) == TELEMETRY_RECORD && is_ours(&record);
}

void command_handle(const char *line, size_t length) {
    struct telemetry_record record;
    const char *reason = "unknown";
    char name[NAME_MAX_SHOWN + 1] = {0};

    if (telemetry_parse(line, length, &record) != TELEMETRY_RECORD || is_ours(&record)) {
        return;
    }
    if (record.session != report_current_session() && !(record.session == 0 && telemetry_is(&record, "hello"))) {
        return;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (telemetry_is(&record, commands[i].name)) {
            reason = commands[i].needs_session && report_current_session() == 0 ? "no-hello"
                                                                                : commands[i].carry_out(&record);
        }
    }
    if (reason != NULL) {
        memcpy(name, record.type, record.type_length < NAME_MAX_SHOWN ? record.type_length : NAME_MAX_SHOWN);
        answer_error(name, record.seq, reason);
    }
}
