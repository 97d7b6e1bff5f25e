/* The line format of docs/protocol.md: written and parsed. No input or output here; see report.h. */
#ifndef TELEMETRY_H
#define TELEMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TELEMETRY_PROTOCOL 1u
#define TELEMETRY_LINE_MAX 512 /* bytes of a line, its newline included */
#define TELEMETRY_PREFIX "@N6 "
#define TELEMETRY_TAIL 10 /* bytes of " *" and 8 hex digits */

/* Whether a byte of a value travels as it is. */
static inline bool telemetry_is_plain(char byte) {
    return byte > ' ' && byte <= '~' && byte != '=' && byte != '*' && byte != '%';
}

/* A line in the making. What does not fit is noted and makes telemetry_end return 0. */
struct telemetry_writer {
    char text[TELEMETRY_LINE_MAX];
    size_t length;
    bool overflow;
};

void telemetry_begin(struct telemetry_writer *writer, uint32_t session, uint32_t seq, const char *type);
void telemetry_text(struct telemetry_writer *writer, const char *key, const char *value);
void telemetry_u32(struct telemetry_writer *writer, const char *key, uint32_t value);
/* As 8 hex digits. */
void telemetry_word(struct telemetry_writer *writer, const char *key, uint32_t value);
/* As 2 hex digits a byte, first byte first. */
void telemetry_hex(struct telemetry_writer *writer, const char *key, const uint8_t *bytes, size_t size);
/* Append CRC and newline. Returns the line's length, 0 if it did not fit. */
size_t telemetry_end(struct telemetry_writer *writer);

enum telemetry_kind {
    TELEMETRY_LOG,    /* not ours: text for people */
    TELEMETRY_RECORD, /* a record that passed every rule */
    TELEMETRY_BAD,    /* claims to be a record and is not */
};

/* A parsed line. The pointers lie in the caller's buffer. */
struct telemetry_record {
    uint32_t session, seq;
    const char *type;
    size_t type_length;
    const char *fields; /* " key=value key=value" */
    size_t fields_length;
};

/* Judge one line, given without its newline (a last '\r' is ignored). Fills `record` for TELEMETRY_RECORD. */
enum telemetry_kind telemetry_parse(const char *line, size_t length, struct telemetry_record *record);

bool telemetry_is(const struct telemetry_record *record, const char *type);

bool telemetry_has(const struct telemetry_record *record, const char *key);

/* How many key=value pairs there are. */
size_t telemetry_count(const struct telemetry_record *record);

/* Decode the value of `key` into `value`. Returns its length, or -1 if there is none or `size` does not hold it. */
int telemetry_get(const struct telemetry_record *record, const char *key, char *value, size_t size);
/* The same for a decimal number, and for a number of exactly 8 lower-case hex digits. */
bool telemetry_get_u32(const struct telemetry_record *record, const char *key, uint32_t *value);
bool telemetry_get_word(const struct telemetry_record *record, const char *key, uint32_t *value);

#endif
