/* Runs decodes. A case is nine int32 (decode 0 fine, 1 rounded, 2 argmax; height, width, classes, mask height, mask
 * width, order, type, zero point), a float (scale), an int32 (bytes of logits) and the logits. The answer: an int32
 * (what the decode returned), a uint32 (its ticks) and the mask, 0xEE where nothing was written. */
#include "decode.h"
#include "test_io.h"

struct test_case {
    int32_t decode, height, width, classes, mask_height, mask_width, order, type, zero_point;
    float scale;
    uint32_t bytes;
};

void test_run(void) {
    static int (*const decodes[])(const struct decode_head *, const void *, uint8_t *) = {decode_fine, decode_rounded,
                                                                                          decode_argmax};
    struct test_case test;
    while (test_take(&test, sizeof test)) {
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
        const size_t size = (size_t)test.mask_height * (size_t)test.mask_width;
        const void *const logits = test_exact(test.bytes);
        uint8_t *const mask = test_room(size);
        uint32_t ticks = test_ticks();
        const int32_t result = decodes[test.decode](&head, logits, mask);
        ticks = test_ticks() - ticks;
        test_answer(&result, sizeof result);
        test_answer(&ticks, sizeof ticks);
        test_answer(mask, size);
        test_release();
    }
}
