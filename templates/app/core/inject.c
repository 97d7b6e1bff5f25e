/*
 * The board asks for each chunk, so that a receiver that holds one chunk is enough. A chunk says where it belongs, and
 * its CRC covers that: one that comes twice, late or damaged is never taken for another.
 */
#include "inject.h"

#include <string.h>

#include "answer.h"
#include "bytes.h"
#include "command.h"
#include "crc32.h"
#include "network.h"
#include "receive.h"
#include "report.h"

#define CHUNK 512u
#define HEAD 8u
#define CRC 4u
#define CHANNELS 3u
#define ANSWER_MS 1000u /* for the first byte of a chunk */
#define GAP_MS 100u     /* between two bytes of one; so long a silence also ends a damaged one */
#define FAILURES_MAX 8u /* in a row */
#define DRAIN_MAX 8192u

enum outcome { TAKEN, OLD, DAMAGED, SILENT, GIVEN_UP };

static uint32_t uses;
static bool held; /* the spare memory holds a whole frame */

static uint32_t frame_size(void) {
    return (uint32_t)network_input_info.height * network_input_info.width * CHANNELS;
}

static void ask(uint32_t ref, uint32_t at) {
    report_begin("chunk");
    report_u32("ref", ref);
    report_u32("at", at);
    report_u32("most", CHUNK);
    report_send();
}

/* What is under way until the line is quiet: the rest of a damaged chunk. */
static void drain(void) {
    uint8_t byte;

    for (uint32_t i = 0; i < DRAIN_MAX && receive(&byte, 1, GAP_MS) > 0; i++) {
    }
}

/* A line instead of a chunk, its first bytes read: an echo of ours is passed over; a command ends the transfer. */
static enum outcome line_instead(void) {
    static char line[TELEMETRY_LINE_MAX];
    size_t length = sizeof TELEMETRY_PREFIX - 1;

    memcpy(line, TELEMETRY_PREFIX, length);
    do {
        if (length == sizeof line || !receive_all(line + length, 1, GAP_MS)) {
            return DAMAGED;
        }
    } while (line[length++] != '\n');
    if (command_is_echo(line, length - 1)) {
        return OLD;
    }
    receive_back(line, length);
    return GIVEN_UP;
}

/* Wait for the chunk at `at` and put it into its place. */
static enum outcome take(uint8_t *frame, uint32_t at, uint32_t *taken) {
    static uint8_t chunk[HEAD + CHUNK + CRC];
    uint32_t length;

    _Static_assert(sizeof TELEMETRY_PREFIX - 1 == 4, "no chunk begins like a line: no frame is that large");
    if (!receive_all(chunk, 1, ANSWER_MS)) {
        return SILENT;
    }
    if (!receive_all(chunk + 1, 3, GAP_MS)) {
        return DAMAGED;
    }
    if (memcmp(chunk, TELEMETRY_PREFIX, 4) == 0) {
        return line_instead();
    }
    if (!receive_all(chunk + 4, HEAD - 4, GAP_MS)) {
        return DAMAGED;
    }
    length = bytes_load_u32(chunk + 4);
    if (length == 0 || length > CHUNK || !receive_all(chunk + HEAD, length + CRC, GAP_MS) ||
        bytes_load_u32(chunk + HEAD + length) != crc32_update(0, chunk, HEAD + length)) {
        return DAMAGED;
    }
    if (bytes_load_u32(chunk) != at || length > frame_size() - at) {
        return OLD;
    }
    memcpy(frame + at, chunk + HEAD, length);
    *taken = length;
    return TAKEN;
}

static const char *receive_frame(uint8_t *frame, uint32_t ref) {
    uint32_t at = 0, failures = 0;

    ask(ref, at);
    while (at < frame_size()) {
        uint32_t taken = 0;
        const enum outcome outcome = take(frame, at, &taken);

        if (outcome == GIVEN_UP) {
            return "given-up";
        }
        failures = outcome == TAKEN ? 0 : failures + 1;
        if (failures == FAILURES_MAX) {
            return outcome == SILENT ? "timeout" : "chunk";
        }
        if (outcome == DAMAGED) {
            drain();
        }
        at += taken;
        if (outcome != OLD && at < frame_size()) {
            ask(ref, at);
        }
    }
    return NULL;
}

const char *inject(const struct telemetry_record *record) {
    uint32_t size, crc, room;
    uint8_t *frame = board_spare(&room);

    if (telemetry_count(record) != 2 || !telemetry_get_u32(record, "size", &size) ||
        !telemetry_get_word(record, "crc", &crc)) {
        return "key";
    }
    if (size != 0 && size != frame_size()) {
        return "frame-size";
    }
    if (size > room) {
        return "memory";
    }
    inject_end();
    answer_ok("inject", record->seq);
    if (size != 0) {
        const char *reason = receive_frame(frame, record->seq);

        if (reason != NULL) {
            return reason;
        }
        if (crc32_update(0, frame, size) != crc) {
            return "crc";
        }
        held = true;
    }
    answer_done("inject", record->seq);
    return NULL;
}

bool inject_frame(struct board_frame *frame) {
    uint32_t room;

    if (!held) {
        return false;
    }
    uses += uses < UINT32_MAX;
    *frame = (struct board_frame){board_spare(&room), uses};
    return true;
}

bool inject_is_held(void) {
    return held;
}

void inject_end(void) {
    held = false;
    uses = 0;
}
