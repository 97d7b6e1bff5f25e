/* Runs the stages input and present. A case is a struct test_case; then, for input, the map and the frame, for present,
 * the mask. The answer: a uint32 (ticks) and the tensor or the window. */
#include "input.h"
#include "present.h"
#include "test_io.h"

struct test_case {
    uint32_t present, height, width, order;
};

static void run_input(const struct test_case *test) {
    const struct network_tensor info = {
        .height = (uint16_t)test->height, .width = (uint16_t)test->width, .channels = 3, .order = (uint8_t)test->order};
    const size_t size = (size_t)test->height * test->width * 3;
    const struct input_map *const map = test_exact(sizeof *map);
    const uint8_t *const frame = test_exact(size);
    uint8_t *const tensor = test_room(size);
    uint32_t ticks = test_ticks();

    input_write(map, &info, frame, tensor);
    ticks = test_ticks() - ticks;
    test_answer(&ticks, sizeof ticks);
    test_answer(tensor, size);
    test_release();
}

static void run_present(const struct test_case *test) {
    const size_t size = BOARD_WINDOW_SIDE * BOARD_WINDOW_SIDE;
    const uint8_t *const mask = test_exact((size_t)test->height * test->width);
    uint8_t *const layer = test_room(size);
    uint32_t ticks;

    present_init((uint16_t)test->height, (uint16_t)test->width);
    ticks = test_ticks();
    present_draw(mask, layer);
    ticks = test_ticks() - ticks;
    test_answer(&ticks, sizeof ticks);
    test_answer(layer, size);
    test_release();
}

void test_run(void) {
    struct test_case test;

    while (test_take(&test, sizeof test)) {
        (test.present ? run_present : run_input)(&test);
    }
}
