/*
 * From reset to main(): stacks with limits, FPU and Helium, loop instructions, fault handlers, data.
 *
 * The program runs on the process stack, whose lower end the core guards; handlers run on the main stack, so that a
 * fault can be reported even when the program's stack is broken.
 */
#include <stdint.h>
#include <string.h>

#include "fault_entry.h"
#include "scb.h"
#include "startup.h"

extern uint32_t link_stack_top[], link_stack_limit[], link_fault_stack_top[], link_fault_stack_limit[];
extern uint8_t link_data_load[], link_data_start[], link_data_end[], link_bss_start[], link_bss_end[];

int main(void);

static void __attribute__((used, noreturn)) start(void) {
    SCB_VTOR = (uint32_t)vectors;
    SCB_CCR |= SCB_CCR_LOB | SCB_CCR_DIV_0_TRP;
    __asm volatile("dsb\n\tisb" ::: "memory");

    if (&link_data_load[0] != &link_data_start[0]) {
        memcpy(link_data_start, link_data_load, (size_t)(link_data_end - link_data_start));
    }
    memset(link_bss_start, 0, (size_t)(link_bss_end - link_bss_start));
    (void)main();
    for (;;) {
        __asm volatile("wfi");
    }
}

/*
 * Interrupts stay masked: nothing but a fault takes the CPU away. Then handlers need no FP state, and without
 * automatic stacking of it (ASPEN, LSPEN) a fault needs no more than 32 bytes of the program's stack. FPSCR.LTPSIZE
 * must be 4 for loops without predication; the architecture leaves it unknown after reset.
 */
__attribute__((naked, noreturn)) void reset_handler(void) {
    __asm volatile("cpsid  i                        \n\t"
                   "movs   r0, #0                   \n\t"
                   "msr    msplim, r0               \n\t"
                   "ldr    r0, =link_fault_stack_top\n\t"
                   "msr    msp, r0                  \n\t"
                   "ldr    r0, =link_fault_stack_limit\n\t"
                   "msr    msplim, r0               \n\t"
                   "ldr    r0, =link_stack_limit    \n\t"
                   "msr    psplim, r0               \n\t"
                   "ldr    r0, =link_stack_top      \n\t"
                   "msr    psp, r0                  \n\t"
                   "movs   r0, #2                   \n\t"
                   "msr    control, r0              \n\t"
                   "isb                             \n\t"
                   "ldr    r0, =0xE000ED88          \n\t" /* CPACR: CP10 and CP11 */
                   "ldr    r1, [r0]                 \n\t"
                   "orr    r1, r1, #0xF00000        \n\t"
                   "str    r1, [r0]                 \n\t"
                   "ldr    r0, =0xE000EF34          \n\t" /* FPCCR: no ASPEN, no LSPEN */
                   "ldr    r1, [r0]                 \n\t"
                   "bic    r1, r1, #0xC0000000      \n\t"
                   "str    r1, [r0]                 \n\t"
                   "dsb                             \n\t"
                   "isb                             \n\t"
                   "mov    r0, #0x40000             \n\t"
                   "vmsr   fpscr, r0                \n\t"
                   "b      start                    \n\t"
                   ".ltorg                          \n\t");
}
