/* Parsing telemetry lines. */
#include "telemetry.h"

#include <string.h>

#include "crc32.h"

#define PREFIX_LENGTH (sizeof TELEMETRY_PREFIX - 1)

static bool parse_word(const char *text, size_t length, uint32_t *value) {
    uint32_t result = 0;

    if (length != 8) {
        return false;
    }
    for (size_t i = 0; i < 8; i++) {
        char digit = text[i];

        if (digit >= '0' && digit <= '9') {
            result = result << 4 | (uint32_t)(digit - '0');
        } else if (digit >= 'a' && digit <= 'f') {
            result = result << 4 | (uint32_t)(digit - 'a' + 10);
        } else {
            return false;
        }
    }
    *value = result;
    return true;
}

static bool parse_decimal(const char *text, size_t length, uint32_t *value) {
    uint64_t result = 0;

    if (length == 0 || length > 10 || (length > 1 && text[0] == '0')) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        result = result * 10 + (uint64_t)(text[i] - '0');
    }
    *value = (uint32_t)result;
    return result <= UINT32_MAX;
}

/* Length of the name ([a-z][a-z0-9_]*) that `text` begins with, 0 if with none. */
static size_t name_length(const char *text, size_t length) {
    size_t i = 0;

    while (i < length &&
           ((text[i] >= 'a' && text[i] <= 'z') || (i > 0 && ((text[i] >= '0' && text[i] <= '9') || text[i] == '_')))) {
        i++;
    }
    return i;
}

static int upper_hex(char digit) {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Length of the encoded value that `text` begins with; it ends at a space or at `length`. -1 if it breaks a rule. */
static int value_length(const char *text, size_t length) {
    size_t i = 0;

    while (i < length && text[i] != ' ') {
        if (text[i] == '%') {
            if (length - i < 3 || upper_hex(text[i + 1]) < 0 || upper_hex(text[i + 2]) < 0) {
                return -1;
            }
            i += 3;
        } else if (telemetry_is_plain(text[i])) {
            i++;
        } else {
            return -1;
        }
    }
    return (int)i;
}

struct field {
    const char *key, *value;
    size_t key_length, value_length;
};

/* Take " key=value" from the front of `text`. Returns the bytes taken, 0 if they break a rule. */
static size_t take_field(const char *text, size_t length, struct field *field) {
    size_t key;
    int value;

    if (length < 1 || text[0] != ' ') {
        return 0;
    }
    key = name_length(text + 1, length - 1);
    if (key == 0 || 1 + key >= length || text[1 + key] != '=') {
        return 0;
    }
    value = value_length(text + key + 2, length - key - 2);
    if (value < 0) {
        return 0;
    }
    *field = (struct field){text + 1, text + key + 2, key, (size_t)value};
    return key + 2 + (size_t)value;
}

/* The first field called `key`. Fields behind a broken one are not looked at. */
static bool find(const struct telemetry_record *record, const char *key, size_t key_length, struct field *field) {
    for (size_t at = 0; at < record->fields_length;) {
        size_t taken = take_field(record->fields + at, record->fields_length - at, field);

        if (taken == 0) {
            return false;
        }
        if (field->key_length == key_length && memcmp(field->key, key, key_length) == 0) {
            return true;
        }
        at += taken;
    }
    return false;
}

/* Read session, seq and type from `text`; what follows them are the fields. */
static bool parse_head(const char *text, size_t length, struct telemetry_record *record) {
    size_t digits = 0;

    if (length < 9 || !parse_word(text, 8, &record->session) || text[8] != ' ') {
        return false;
    }
    text += 9;
    length -= 9;
    while (digits < length && text[digits] != ' ') {
        digits++;
    }
    if (digits == length || !parse_decimal(text, digits, &record->seq)) {
        return false;
    }
    record->type = text + digits + 1;
    record->type_length = name_length(record->type, length - digits - 1);
    record->fields = record->type + record->type_length;
    record->fields_length = length - digits - 1 - record->type_length;
    return record->type_length > 0;
}

/* Whether all fields keep the rules and no key comes twice. */
static bool fields_are_good(const struct telemetry_record *record) {
    for (size_t at = 0; at < record->fields_length;) {
        struct field field, first;
        size_t taken = take_field(record->fields + at, record->fields_length - at, &field);

        if (taken == 0 || !find(record, field.key, field.key_length, &first) || first.key != field.key) {
            return false;
        }
        at += taken;
    }
    return true;
}

enum telemetry_kind telemetry_parse(const char *line, size_t length, struct telemetry_record *record) {
    uint32_t crc;

    if (length < PREFIX_LENGTH || memcmp(line, TELEMETRY_PREFIX, PREFIX_LENGTH) != 0) {
        return TELEMETRY_LOG;
    }
    if (length >= TELEMETRY_LINE_MAX) {
        return TELEMETRY_BAD;
    }
    if (line[length - 1] == '\r') {
        length--;
    }
    if (length < PREFIX_LENGTH + TELEMETRY_TAIL) {
        return TELEMETRY_BAD;
    }
    length -= TELEMETRY_TAIL;
    if (memcmp(line + length, " *", 2) != 0 || !parse_word(line + length + 2, 8, &crc) ||
        crc != crc32_update(0, line, length)) {
        return TELEMETRY_BAD;
    }
    if (!parse_head(line + PREFIX_LENGTH, length - PREFIX_LENGTH, record) || !fields_are_good(record)) {
        return TELEMETRY_BAD;
    }
    return TELEMETRY_RECORD;
}

bool telemetry_is(const struct telemetry_record *record, const char *type) {
    return record->type_length == strlen(type) && memcmp(record->type, type, record->type_length) == 0;
}

bool telemetry_has(const struct telemetry_record *record, const char *key) {
    struct field field;

    return find(record, key, strlen(key), &field);
}

size_t telemetry_count(const struct telemetry_record *record) {
    struct field field;
    size_t count = 0;

    for (size_t at = 0; at < record->fields_length; count++) {
        at += take_field(record->fields + at, record->fields_length - at, &field);
    }
    return count;
}

int telemetry_get(const struct telemetry_record *record, const char *key, char *value, size_t size) {
    struct field field;
    size_t length = 0;

    if (!find(record, key, strlen(key), &field)) {
        return -1;
    }
    for (size_t i = 0; i < field.value_length; length++) {
        if (length == size) {
            return -1;
        }
        if (field.value[i] == '%') {
            value[length] = (char)(upper_hex(field.value[i + 1]) << 4 | upper_hex(field.value[i + 2]));
            i += 3;
        } else {
            value[length] = field.value[i++];
        }
    }
    return (int)length;
}

bool telemetry_get_u32(const struct telemetry_record *record, const char *key, uint32_t *value) {
    struct field field;

    return find(record, key, strlen(key), &field) && parse_decimal(field.value, field.value_length, value);
}

bool telemetry_get_word(const struct telemetry_record *record, const char *key, uint32_t *value) {
    struct field field;

    return find(record, key, strlen(key), &field) && parse_word(field.value, field.value_length, value);
}
