/* The peripherals of QEMU's mps3-an547 that the board layer uses. */
#ifndef DEVICES_H
#define DEVICES_H

#include <stdint.h>

/* UART 0 (CMSDK APB UART). Its receive interrupt is wired to NVIC input 33. */
struct uart {
    volatile uint32_t data, state, control, interrupt, divider;
};
#define UART ((struct uart *)0x49303000u)
#define UART_STATE_TX_FULL (1u << 0)
#define UART_STATE_RX_FULL (1u << 1)
#define UART_CONTROL_TX (1u << 0)
#define UART_CONTROL_RX (1u << 1)
#define UART_CONTROL_RX_INTERRUPT (1u << 3)
#define UART_INTERRUPT_RX (1u << 1)
#define UART_RX_IRQ 33u

/* The SSE-300's system counter, control frame. Disabling and enabling it makes a tick begin. */
struct counter {
    volatile uint32_t control, status, low, high;
};
#define COUNTER ((struct counter *)0x58100000u)
#define COUNTER_ENABLE 1u

/* The FPGA's own counter: 20 MHz where the prescaler is 0. Runs from power-on, wraps after 214 s. */
struct fpga_io {
    volatile uint32_t led, reserved[5], counter, prescale;
};
#define FPGA_IO ((struct fpga_io *)0x49302000u)
#define FPGA_IO_HZ 20000000u

#endif
