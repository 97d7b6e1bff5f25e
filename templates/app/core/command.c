/* What the host may ask for, and the answers. */
#include "command.h"

#include <stdbool.h>
#include <string.h>

#include "answer.h"
#include "board.h"
#include "hello.h"
#include "inject.h"
#include "loop.h"
#include "profile.h"
#include "report.h"
#include "selftest.h"
#include "telemetry.h"
#include "tensor.h"
#include "window.h"

#define NAME_MAX_SHOWN 31 /* of an unknown command */

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
    {"hello", false, hello},         {"run", true, window_run},     {"warm", true, window_warm},
    {"selftest", true, selftest},    {"mask", true, mask},          {"reset", true, reset},
    {"inject", true, inject},        {"tensor", true, tensor_send}, {"digests", true, tensor_digests},
    {"profile", true, profile_send},
};

/* What a board sends: an echoing link brings it back, and it wants no answer. A hello from a board names the board. */
static bool is_ours(const struct telemetry_record *record) {
    static const char *const types[] = {"boot",  "ok",   "error", "beat",   "sample", "window", "bulk",
                                        "chunk", "done", "fault", "tested", "layer",  "layers"};

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
