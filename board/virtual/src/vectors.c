/* The vector table. Interrupts are never taken (see startup.c); each exception is a fault. */
#include "fault_entry.h"
#include "startup.h"

extern uint32_t link_fault_stack_top[];

__attribute__((section(".vectors"), used)) const vector vectors[16] = {
    (vector)link_fault_stack_top,
    reset_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    fault_handler,
};
