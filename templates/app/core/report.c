/* Composing records and sending them over the board's link. */
#include "report.h"

#include "board.h"
#include "bytes.h"
#include "crc32.h"
#include "telemetry.h"

#define CHUNK 1024u

static struct telemetry_writer writer;
static uint32_t current_session, next_seq;

void report_session(uint32_t session) {
    current_session = session;
    next_seq = 0;
}

uint32_t report_current_session(void) {
    return current_session;
}

void report_begin(const char *type) {
    telemetry_begin(&writer, current_session, next_seq, type);
}

void report_text(const char *key, const char *value) {
    telemetry_text(&writer, key, value);
}

void report_u32(const char *key, uint32_t value) {
    telemetry_u32(&writer, key, value);
}

void report_word(const char *key, uint32_t value) {
    telemetry_word(&writer, key, value);
}

void report_hex(const char *key, const uint8_t *bytes, size_t size) {
    telemetry_hex(&writer, key, bytes, size);
}

void report_ticks(const char *key, uint64_t ticks) {
    uint8_t bytes[8];

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(ticks >> (56 - 8 * i));
    }
    report_hex(key, bytes, sizeof bytes);
}

void report_send(void) {
    size_t length = telemetry_end(&writer);

    /* Counted even if it was too long to send: then the host sees a gap. */
    next_seq++;
    board_link_write(writer.text, length);
}

void report_newline(void) {
    board_link_write("\n", 1);
}

void report_bulk(const char *name, const uint8_t *data, uint32_t size) {
    report_begin("bulk");
    report_text("name", name);
    report_u32("size", size);
    report_u32("chunk", CHUNK);
    report_word("crc", crc32_update(0, data, size));
    report_send();

    while (size > 0) {
        uint32_t length = size < CHUNK ? size : CHUNK;
        uint8_t word[4];

        bytes_store_u32(word, length);
        board_link_write(word, sizeof word);
        board_link_write(data, length);
        bytes_store_u32(word, crc32_update(0, data, length));
        board_link_write(word, sizeof word);
        data += length;
        size -= length;
    }
}
