/*
 * The functions of string.h that we and the compiler call, the same with every C library, so that instruction counts do
 * not depend on one. Words are moved where both ends allow it; the Cortex-M55 loads and stores words at any address of
 * memory.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct block {
    uint32_t words[4];
} __attribute__((packed, may_alias));

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    uint8_t *target = to;
    const uint8_t *source = from;

    for (; size >= sizeof(struct block); size -= sizeof(struct block)) {
        *(struct block *)target = *(const struct block *)source;
        target += sizeof(struct block);
        source += sizeof(struct block);
    }
    while (size-- > 0) {
        *target++ = *source++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t size) {
    uint8_t *target = to;
    const uint8_t *source = from;

    if ((uintptr_t)to - (uintptr_t)from >= size) {
        return memcpy(to, from, size);
    }
    while (size-- > 0) {
        target[size] = source[size];
    }
    return to;
}

void *memset(void *to, int value, size_t size) {
    const uint32_t word = (uint8_t)value * 0x01010101u;
    const struct block block = {{word, word, word, word}};
    uint8_t *target = to;

    for (; size >= sizeof block; size -= sizeof block) {
        *(struct block *)target = block;
        target += sizeof block;
    }
    while (size-- > 0) {
        *target++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t size) {
    const uint8_t *a = left, *b = right;

    for (; size > 0; size--, a++, b++) {
        if (*a != *b) {
            return *a - *b;
        }
    }
    return 0;
}

size_t strlen(const char *text) {
    const char *end = text;

    while (*end != '\0') {
        end++;
    }
    return (size_t)(end - text);
}
