/* Writing telemetry lines. */
#include "telemetry.h"

#include "crc32.h"

static void put(struct telemetry_writer *writer, char byte) {
    /* Room is kept for the tail and the newline. */
    if (writer->length >= TELEMETRY_LINE_MAX - TELEMETRY_TAIL - 1) {
        writer->overflow = true;
        return;
    }
    writer->text[writer->length++] = byte;
}

static void put_text(struct telemetry_writer *writer, const char *text) {
    while (*text != '\0') {
        put(writer, *text++);
    }
}

static char hex_digit(uint32_t value) {
    return "0123456789abcdef"[value & 15];
}

static void put_word(struct telemetry_writer *writer, uint32_t value) {
    for (int shift = 28; shift >= 0; shift -= 4) {
        put(writer, hex_digit(value >> shift));
    }
}

static void put_decimal(struct telemetry_writer *writer, uint32_t value) {
    char digits[10];
    size_t count = 0;

    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (count > 0) {
        put(writer, digits[--count]);
    }
}

static void put_key(struct telemetry_writer *writer, const char *key) {
    put(writer, ' ');
    put_text(writer, key);
    put(writer, '=');
}

void telemetry_begin(struct telemetry_writer *writer, uint32_t session, uint32_t seq, const char *type) {
    writer->length = 0;
    writer->overflow = false;
    put_text(writer, TELEMETRY_PREFIX);
    put_word(writer, session);
    put(writer, ' ');
    put_decimal(writer, seq);
    put(writer, ' ');
    put_text(writer, type);
}

void telemetry_text(struct telemetry_writer *writer, const char *key, const char *value) {
    put_key(writer, key);
    for (; *value != '\0'; value++) {
        if (telemetry_is_plain(*value)) {
            put(writer, *value);
        } else {
            uint8_t byte = (uint8_t)*value;

            put(writer, '%');
            put(writer, "0123456789ABCDEF"[byte >> 4]);
            put(writer, "0123456789ABCDEF"[byte & 15]);
        }
    }
}

void telemetry_u32(struct telemetry_writer *writer, const char *key, uint32_t value) {
    put_key(writer, key);
    put_decimal(writer, value);
}

void telemetry_word(struct telemetry_writer *writer, const char *key, uint32_t value) {
    put_key(writer, key);
    put_word(writer, value);
}

void telemetry_hex(struct telemetry_writer *writer, const char *key, const uint8_t *bytes, size_t size) {
    put_key(writer, key);
    for (size_t i = 0; i < size; i++) {
        put(writer, hex_digit((uint32_t)bytes[i] >> 4));
        put(writer, hex_digit(bytes[i]));
    }
}

size_t telemetry_end(struct telemetry_writer *writer) {
    uint32_t crc = crc32_update(0, writer->text, writer->length);
    char *tail = writer->text + writer->length;

    if (writer->overflow) {
        return 0;
    }
    *tail++ = ' ';
    *tail++ = '*';
    for (int shift = 28; shift >= 0; shift -= 4) {
        *tail++ = hex_digit(crc >> shift);
    }
    *tail = '\n';
    writer->length += TELEMETRY_TAIL + 1;
    return writer->length;
}
