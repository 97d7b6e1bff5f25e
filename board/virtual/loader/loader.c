/* First stage: check the app and its weights, copy the app to its memory, start it (docs/virtual-board.md). */
#include <string.h>

#include "board.h"
#include "boot_check.h"
#include "image_check.h"
#include "scb.h"
#include "weights_check.h"

static const struct image_bounds bounds = {
    .partition_size = BOARD_APP_SIZE,
    .ram_base = BOARD_REGION_APP_BASE,
    .ram_size = BOARD_REGION_APP_SIZE,
    .weights_address = BOARD_WEIGHTS_ADDRESS,
    .weights_size = BOARD_WEIGHTS_SIZE,
};

/* Leave the CPU as a reset leaves it, but for the vector table: no stack limits, the main stack in use. */
__attribute__((naked, noreturn)) static void start_app(uint32_t vectors) {
    (void)vectors;
    __asm volatile("movs r1, #0         \n\t"
                   "msr  msplim, r1     \n\t"
                   "msr  psplim, r1     \n\t"
                   "msr  control, r1    \n\t"
                   "isb                 \n\t"
                   "ldr  r1, =0xE000ED08\n\t" /* VTOR */
                   "str  r0, [r1]       \n\t"
                   "dsb                 \n\t"
                   "ldr  r1, [r0]       \n\t"
                   "msr  msp, r1        \n\t"
                   "ldr  r0, [r0, #4]   \n\t"
                   "isb                 \n\t"
                   "bx   r0             \n\t"
                   ".ltorg              \n\t");
}

int main(void) {
    const uint8_t *image = (const uint8_t *)BOARD_APP_ADDRESS;
    struct boot_check check;
    struct app_info info;
    uint32_t size;

    board_init();
    if (!image_check(image, &bounds, &size, &info, &check) ||
        !weights_check(board_weights(), info.weights_size, info.network_id, &check)) {
        boot_refuse("loader", &check);
        board_halt();
    }
    memcpy((void *)BOARD_REGION_APP_BASE, image, size);
    boot_say("loader", "ok");
    start_app(BOARD_REGION_APP_BASE + IMAGE_PAYLOAD_OFFSET);
}
