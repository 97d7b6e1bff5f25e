/* Power-on, clock and reset of the virtual board. */
#include "board.h"

#include "devices.h"
#include "idle.h"
#include "link.h"
#include "scb.h"

void board_init(void) {
    COUNTER->control = COUNTER_ENABLE;
    FPGA_IO->prescale = 0;
    link_init();
    idle_init();
}

const uint8_t *board_weights(void) {
    return (const uint8_t *)BOARD_WEIGHTS_ADDRESS;
}

uint8_t *board_spare(uint32_t *size) {
    *size = BOARD_REGION_SPARE_SIZE;
    return (uint8_t *)BOARD_REGION_SPARE_BASE;
}

uint64_t board_clock_ticks(void) {
    uint32_t high, low;

    do {
        high = COUNTER->high;
        low = COUNTER->low;
    } while (high != COUNTER->high);
    return (uint64_t)high << 32 | low;
}

uint32_t board_clock_hz(void) {
    return BOARD_TICK_HZ;
}

/* Another counter of another part of the machine. Both count QEMU's one virtual time, so they can only agree. */
uint64_t board_second_ticks(void) {
    static uint32_t last, wraps;
    const uint32_t now = FPGA_IO->counter;

    wraps += now < last;
    last = now;
    return (uint64_t)wraps << 32 | now;
}

uint32_t board_second_hz(void) {
    return FPGA_IO_HZ;
}

/* An emulated processor has none. */
struct board_clocks board_clocks(void) {
    return (struct board_clocks){0};
}

/* Asked and not known beforehand: an emulator that has caches one day says so here. */
struct board_caches board_caches(void) {
    const uint32_t control = SCB_CCR;

    return (struct board_caches){.instructions = (control & SCB_CCR_IC) != 0, .data = (control & SCB_CCR_DC) != 0};
}

void board_clock_sync(void) {
    COUNTER->control = 0;
    COUNTER->control = COUNTER_ENABLE;
}

void board_reset(void) {
    link_flush();
    SCB_AIRCR = SCB_AIRCR_KEY | SCB_AIRCR_SYSRESETREQ;
    board_halt();
}

void board_halt(void) {
    for (;;) {
        __asm volatile("wfi");
    }
}
