/* Runs decodes on the host: test_decode <cases.bin> <masks.bin>
 * A case is nine int32 (decode 0 fine, 1 rounded, 2 argmax; height, width, classes, mask height, mask width, order,
 * type, zero point), a float (scale), an int32 (bytes of logits) and the logits. For each, an int32 (what the decode
 * returned) and the mask go to the second file; the mask holds 0xEE where nothing was written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"

struct test_case {
    int32_t decode, height, width, classes, mask_height, mask_width, order, type, zero_point;
    float scale;
    int32_t bytes;
};

int main(int count, char **words) {
    static int (*const decodes[])(const struct decode_head *, const void *, uint8_t *) = {decode_fine, decode_rounded,
                                                                                          decode_argmax};
    FILE *cases = count == 3 ? fopen(words[1], "rb") : NULL;
    FILE *masks = count == 3 ? fopen(words[2], "wb") : NULL;
    if (cases == NULL || masks == NULL) {
        return 2;
    }
    struct test_case test;
    while (fread(&test, sizeof test, 1, cases) == 1) {
        const struct decode_head head = {
            .height = (uint16_t)test.height,
            .width = (uint16_t)test.width,
            .classes = (uint16_t)test.classes,
            .mask_height = (uint16_t)test.mask_height,
            .mask_width = (uint16_t)test.mask_width,
            .order = (uint8_t)test.order,
            .type = (uint8_t)test.type,
            .scale = test.scale,
            .zero_point = test.zero_point,
        };
        /* Both of exactly their size, so that a sanitizer sees the first byte beyond. */
        const size_t bytes = (size_t)test.bytes;
        const size_t size = (size_t)test.mask_height * (size_t)test.mask_width;
        void *logits = malloc(bytes);
        uint8_t *mask = malloc(size);
        if (logits == NULL || mask == NULL || fread(logits, 1, bytes, cases) != bytes) {
            return 2;
        }
        memset(mask, 0xEE, size);
        const int32_t result = decodes[test.decode](&head, logits, mask);
        if (fwrite(&result, sizeof result, 1, masks) != 1 || fwrite(mask, 1, size, masks) != size) {
            return 2;
        }
        free(logits);
        free(mask);
    }
    fclose(cases);
    return fclose(masks) == 0 ? 0 : 2;
}
