/* The link: UART 0, polled. QEMU holds bytes back until they are read, so none is lost. */
#include <stdbool.h>

#include "board.h"
#include "devices.h"
#include "idle.h"
#include "link.h"

#define IDLE_MS 100u

void link_init(void) {
    UART->divider = 16; /* the smallest that is allowed */
    UART->control = UART_CONTROL_TX | UART_CONTROL_RX;
    /* QEMU looks for waiting input only after a read, not when reception is switched on. */
    (void)UART->data;
}

void link_flush(void) {
    while ((UART->state & UART_STATE_TX_FULL) != 0) {
    }
}

void board_link_write(const void *data, size_t size) {
    const uint8_t *bytes = data;

    for (size_t i = 0; i < size; i++) {
        link_flush();
        UART->data = bytes[i];
    }
}

static bool has_byte(void) {
    return (UART->state & UART_STATE_RX_FULL) != 0;
}

size_t board_link_read(void *data, size_t size, uint32_t timeout_ms) {
    const uint64_t begin = board_clock_ticks();
    const uint64_t patience = (uint64_t)timeout_ms * (board_clock_hz() / 1000);
    uint8_t *bytes = data;
    size_t count = 0;

    while (!has_byte()) {
        if (board_clock_ticks() - begin >= patience) {
            return 0;
        }
        idle(timeout_ms < IDLE_MS ? timeout_ms : IDLE_MS);
    }
    while (count < size && has_byte()) {
        bytes[count++] = (uint8_t)UART->data;
    }
    return count;
}
