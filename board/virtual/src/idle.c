/*
 * WFI with interrupts masked: a pending one ends it, none is ever taken. So waiting changes neither the flow of the
 * program nor any instruction count. SysTick runs only in here.
 */
#include "idle.h"

#include "board_config.h"
#include "devices.h"
#include "scb.h"

void idle_init(void) {
    UART->control |= UART_CONTROL_RX_INTERRUPT;
    NVIC_ISER(UART_RX_IRQ / 32) = 1u << UART_RX_IRQ % 32;
}

void idle(uint32_t ms) {
    SYST_RVR = ms * (BOARD_TICK_HZ / 1000) - 1;
    SYST_CVR = 0;
    SYST_CSR = SYST_CSR_ENABLE | SYST_CSR_TICKINT | SYST_CSR_CORE_CLOCK;
    __asm volatile("dsb\n\twfi" ::: "memory");
    SYST_CSR = 0;
    SCB_ICSR = SCB_ICSR_PENDSTCLR;
    UART->interrupt = UART_INTERRUPT_RX;
    NVIC_ICPR(UART_RX_IRQ / 32) = 1u << UART_RX_IRQ % 32;
}
