/*
 * Lets a test call the core's functions: reads requests from stdin (a letter, a little-endian length, that many
 * bytes), writes answers to stdout (a length, that many bytes).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "crc32.h"
#include "image_check.h"
#include "input.h"
#include "palette.h"
#include "present.h"
#include "report.h"
#include "telemetry.h"
#include "weights_check.h"
#include "window.h"

/* core/memory.c, compiled under these names. */
void *own_memcpy(void *restrict to, const void *restrict from, size_t size);
void *own_memmove(void *to, const void *from, size_t size);
void *own_memset(void *to, int value, size_t size);
int own_memcmp(const void *left, const void *right, size_t size);

static uint8_t answer[1 << 20];
static size_t answered;

static void add(const void *data, size_t size) {
    if (answered + size > sizeof answer) {
        abort();
    }
    if (size > 0) {
        memcpy(answer + answered, data, size);
    }
    answered += size;
}

static void add_u32(uint32_t value) {
    uint8_t word[4];

    bytes_store_u32(word, value);
    add(word, sizeof word);
}

static void add_check(const struct boot_check *check) {
    uint8_t size = (uint8_t)check->size;

    add(&size, 1);
    add(check->expected, check->size);
    add(check->found, check->size);
    add(check->name, strlen(check->name));
}

/* A copy of exactly `size` bytes, so that the sanitizer sees a read beyond them. */
static uint8_t *exact(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size > 0 ? size : 1);

    if (copy == NULL) {
        abort();
    }
    memcpy(copy, data, size);
    return copy;
}

/* line -> kind, session, seq, fields, length of type, type */
static void parse(const uint8_t *data, size_t size) {
    struct telemetry_record record;
    char *line = (char *)exact(data, size);
    uint32_t kind = telemetry_parse(line, size, &record);

    add_u32(kind);
    if (kind == TELEMETRY_RECORD) {
        add_u32(record.session);
        add_u32(record.seq);
        add_u32((uint32_t)telemetry_count(&record));
        add(record.type, record.type_length);
    }
    free(line);
}

/* room for the value, key, NUL, line -> found, as u32 found, u32, as word found, word, value */
static void get(const uint8_t *data, size_t size) {
    static char value[TELEMETRY_LINE_MAX];
    struct telemetry_record record;
    const uint32_t room = bytes_load_u32(data);
    const char *key = (const char *)data + 4;
    const size_t skip = 4 + strlen(key) + 1;
    uint32_t number = 0, word = 0;
    int length;

    if (telemetry_parse((const char *)data + skip, size - skip, &record) != TELEMETRY_RECORD) {
        return;
    }
    length = telemetry_get(&record, key, value, room);
    add_u32(length >= 0);
    add_u32(telemetry_get_u32(&record, key, &number));
    add_u32(number);
    add_u32(telemetry_get_word(&record, key, &word));
    add_u32(word);
    add_u32(telemetry_has(&record, key));
    add(value, length >= 0 ? (size_t)length : 0);
}

/* session, seq, type NUL, then fields: a letter, key NUL, and text NUL | u32 | u32 | length byte and bytes */
static void encode(const uint8_t *data, size_t size) {
    struct telemetry_writer writer;
    const uint8_t *at = data + 8, *const end = data + size;

    telemetry_begin(&writer, bytes_load_u32(data), bytes_load_u32(data + 4), (const char *)at);
    at += strlen((const char *)at) + 1;
    while (at < end) {
        const uint8_t kind = *at++;
        const char *key = (const char *)at;

        at += strlen(key) + 1;
        if (kind == 't') {
            telemetry_text(&writer, key, (const char *)at);
            at += strlen((const char *)at) + 1;
        } else if (kind == 'h') {
            telemetry_hex(&writer, key, at + 1, *at);
            at += 1 + *at;
        } else {
            (kind == 'u' ? telemetry_u32 : telemetry_word)(&writer, key, bytes_load_u32(at));
            at += 4;
        }
    }
    add(writer.text, telemetry_end(&writer));
}

/* height, width, memory order (u32 each), channel order (3 bytes), tables, frame -> tensor */
static void input(const uint8_t *data, size_t size) {
    const struct network_tensor info = {.height = (uint16_t)bytes_load_u32(data),
                                        .width = (uint16_t)bytes_load_u32(data + 4),
                                        .channels = 3,
                                        .order = (uint8_t)bytes_load_u32(data + 8)};
    const size_t head = 12 + sizeof(struct input_map);
    struct input_map map;
    uint8_t *frame = exact(data + head, size - head), *tensor = malloc(size - head);

    memcpy(&map, data + 12, sizeof map);
    input_write(&map, &info, frame, tensor);
    add(tensor, size - head);
    free(tensor);
    free(frame);
}

/* height, width (u32 each), mask -> layer */
static void present(const uint8_t *data, size_t size) {
    static uint8_t layer[BOARD_WINDOW_SIDE * BOARD_WINDOW_SIDE];
    uint8_t *mask = exact(data + 8, size - 8);

    present_init((uint16_t)bytes_load_u32(data), (uint16_t)bytes_load_u32(data + 4));
    present_draw(mask, layer);
    add(layer, sizeof layer);
    free(mask);
}

/* size, network id, blob and trailer -> nothing, or what is wrong */
static void weights(const uint8_t *data, size_t size) {
    struct boot_check check;
    uint8_t *blob = exact(data + 36, size - 36);

    if (!weights_check(blob, bytes_load_u32(data), data + 4, &check)) {
        add_check(&check);
    }
    free(blob);
}

/* RAM base and size, weights address and size (u32 each), the partition -> nothing, or what is wrong */
static void image(const uint8_t *data, size_t size) {
    const struct image_bounds bounds = {.partition_size = (uint32_t)(size - 16),
                                        .ram_base = bytes_load_u32(data),
                                        .ram_size = bytes_load_u32(data + 4),
                                        .weights_address = bytes_load_u32(data + 8),
                                        .weights_size = bytes_load_u32(data + 12)};
    struct boot_check check;
    struct app_info info;
    uint8_t *partition = exact(data + 16, size - 16);
    uint32_t length;

    if (!image_check(partition, &bounds, &length, &info, &check)) {
        add_check(&check);
    }
    free(partition);
}

static void palette(void) {
    uint32_t colours[256];

    palette_fill(colours);
    for (int i = 0; i < 256; i++) {
        add_u32(colours[i]);
    }
}

/* letter of the function, from, to, count (u32 each), bytes -> the bytes afterwards, or memcmp's sign */
static void memory(const uint8_t *data, size_t size) {
    const uint32_t from = bytes_load_u32(data + 1), to = bytes_load_u32(data + 5), count = bytes_load_u32(data + 9);
    uint8_t *bytes = exact(data + 13, size - 13);
    int order;

    switch (data[0]) {
    case 'c':
        (void)own_memcpy(bytes + to, bytes + from, count);
        break;
    case 'm':
        (void)own_memmove(bytes + to, bytes + from, count);
        break;
    case 's':
        (void)own_memset(bytes + to, (int)from, count);
        break;
    default:
        order = own_memcmp(bytes + to, bytes + from, count);
        bytes[0] = (uint8_t)(order > 0 ? 1 : order < 0 ? 2 : 0);
        size = 14;
    }
    add(bytes, size - 13);
    free(bytes);
}

/* What is said over the link from here to link_heard becomes the answer; the link is stdout. */
static FILE *link_heard_from(int *kept) {
    FILE *said = tmpfile();

    *kept = dup(STDOUT_FILENO);
    if (said == NULL || *kept < 0 || dup2(fileno(said), STDOUT_FILENO) < 0) {
        abort();
    }
    report_session(0x1BADB002u);
    return said;
}

static void link_heard(FILE *said, int kept) {
    static uint8_t bytes[1 << 16];
    size_t size;

    if (dup2(kept, STDOUT_FILENO) < 0 || close(kept) != 0) {
        abort();
    }
    rewind(said);
    while ((size = fread(bytes, 1, sizeof bytes, said)) > 0) {
        add(bytes, size);
    }
    (void)fclose(said);
}

/* name NUL, data -> a bulk transfer */
static void bulk(const uint8_t *data, size_t size) {
    const char *name = (const char *)data;
    const size_t skip = strlen(name) + 1;
    uint8_t *bytes = exact(data + skip, size - skip);
    int kept;
    FILE *said = link_heard_from(&kept);

    report_bulk(name, bytes, (uint32_t)(size - skip));
    link_heard(said, kept);
    free(bytes);
}

/* both clocks' ticks (u64 each), samples (8 u32 each) -> their records and the window's */
static void samples(const uint8_t *data, size_t size) {
    struct loop_sample made[16];
    struct clocks span;
    const uint32_t count = (uint32_t)((size - sizeof span) / sizeof made[0]);
    int kept;
    FILE *said = link_heard_from(&kept);

    _Static_assert(sizeof made[0] == 32, "a sample is eight words");
    if (count > sizeof made / sizeof made[0]) {
        abort();
    }
    memcpy(&span, data, sizeof span);
    memcpy(made, data + sizeof span, count * sizeof made[0]);
    window_send(made, count, &span);
    link_heard(said, kept);
}

int main(void) {
    uint8_t head[5];

    while (fread(head, sizeof head, 1, stdin) == 1) {
        const size_t size = bytes_load_u32(head + 1);
        uint8_t *data = malloc(size + 1);

        if (data == NULL || fread(data, 1, size, stdin) != size) {
            return 1;
        }
        answered = 0;
        switch (head[0]) {
        case 'P':
            parse(data, size);
            break;
        case 'G':
            get(data, size);
            break;
        case 'E':
            encode(data, size);
            break;
        case 'C':
            add_u32(crc32_update(bytes_load_u32(data), data + 4, size - 4));
            break;
        case 'I':
            input(data, size);
            break;
        case 'R':
            present(data, size);
            break;
        case 'W':
            weights(data, size);
            break;
        case 'A':
            image(data, size);
            break;
        case 'L':
            palette();
            break;
        case 'M':
            memory(data, size);
            break;
        case 'B':
            bulk(data, size);
            break;
        case 'S':
            samples(data, size);
            break;
        default:
            return 1;
        }
        bytes_store_u32(head, (uint32_t)answered);
        if (fwrite(head, 4, 1, stdout) != 1 || fwrite(answer, 1, answered, stdout) != answered || fflush(stdout) != 0) {
            return 1;
        }
        free(data);
    }
    return 0;
}
