/* Test programs on the host: files, and buffers of exactly their size for the sanitizer to guard. */
#include "test_io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFERS 3

static uint8_t *cases, *at, *end;
static FILE *answers;
static void *buffers[BUFFERS];
static int taken;

static void *allocate(size_t size) {
    void *const buffer = taken < BUFFERS ? malloc(size) : NULL;
    if (buffer == NULL) {
        abort();
    }
    buffers[taken++] = buffer;
    return buffer;
}

bool test_take(void *to, size_t size) {
    if (size > (size_t)(end - at)) {
        return false;
    }
    memcpy(to, at, size);
    at += size;
    return true;
}

void test_answer(const void *data, size_t size) {
    if (fwrite(data, 1, size, answers) != size) {
        abort();
    }
}

const void *test_exact(size_t size) {
    void *const buffer = allocate(size);
    return test_take(buffer, size) ? buffer : NULL;
}

uint8_t *test_room(size_t size) {
    return memset(allocate(size), 0xEE, size);
}

void test_release(void) {
    while (taken > 0) {
        free(buffers[--taken]);
    }
}

uint32_t test_ticks(void) {
    return 0;
}

int main(void) {
    FILE *const file = fopen("cases.bin", "rb");
    answers = fopen("answers.bin", "wb");
    if (file == NULL || answers == NULL || fseek(file, 0, SEEK_END) != 0) {
        return 2;
    }
    const long size = ftell(file);
    rewind(file);
    at = cases = size > 0 ? malloc((size_t)size) : NULL;
    if (cases == NULL || fread(cases, 1, (size_t)size, file) != (size_t)size) {
        return 2;
    }
    end = cases + size;
    test_run();
    free(cases);
    fclose(file);
    return fclose(answers) == 0 ? 0 : 2;
}
