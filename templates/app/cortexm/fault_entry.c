/* From a fault to its record: gather what the core saved and what it says about the cause. */
#include "fault_entry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "fault.h"
#include "scb.h"

extern uint32_t link_stack_top[], link_stack_limit[];
extern uint8_t link_text_start[], link_text_end[];

#define EXCEPTION_HARD_FAULT 3u
#define PSR_ALIGNED (1u << 9) /* in a saved PSR: a word of padding lies above the frame */

/* What the core saves on the interrupted stack. */
struct frame {
    uint32_t r0, r1, r2, r3, r12, lr, pc, psr;
};

/* With interrupts masked each fault comes as a HardFault; what it was says the status register. */
static const char *kind_of(uint32_t exception, uint32_t cfsr) {
    if ((cfsr & SCB_CFSR_STKOF) != 0) {
        return "stack";
    }
    if ((cfsr & SCB_CFSR_USAGE) != 0) {
        return "usage";
    }
    if ((cfsr & SCB_CFSR_BUS) != 0) {
        return "bus";
    }
    if ((cfsr & SCB_CFSR_MEMORY) != 0) {
        return "memory";
    }
    return exception == EXCEPTION_HARD_FAULT ? "hard" : "other";
}

static bool is_code(uint32_t address) {
    return (address & 1) != 0 && address > (uint32_t)link_text_start && address < (uint32_t)link_text_end;
}

/* Without saved registers: the innermost word of the stack that looks like a return address, 0 if there is none. */
static uint32_t likely_caller(const uint32_t *sp) {
    for (; sp >= link_stack_limit && sp < link_stack_top; sp++) {
        if (is_code(*sp)) {
            return *sp;
        }
    }
    return 0;
}

/* `sp` is the interrupted stack pointer; exception entry has moved it below the frame if there was room for one. */
static void __attribute__((used, noreturn)) report_and_halt(const uint32_t *sp, uint32_t exception) {
    const uint32_t cfsr = SCB_CFSR;
    /* When the frame would cross the limit, the core saves nothing and leaves the pointer at the limit. */
    const bool saved = sp >= link_stack_limit && sp + sizeof(struct frame) / sizeof *sp <= link_stack_top &&
                       (cfsr & SCB_CFSR_STACKING) == 0 && !((cfsr & SCB_CFSR_STKOF) != 0 && sp == link_stack_limit);
    struct fault_registers registers = {
        .sp = (uint32_t)sp, .cfsr = cfsr, .hfsr = SCB_HFSR, .bfar = SCB_BFAR, .mmfar = SCB_MMFAR};

    if (saved) {
        const struct frame *frame = (const struct frame *)sp;

        registers.sp += sizeof *frame + ((frame->psr & PSR_ALIGNED) != 0 ? 4 : 0);
        registers.r0 = frame->r0;
        registers.r1 = frame->r1;
        registers.r2 = frame->r2;
        registers.r3 = frame->r3;
        registers.r12 = frame->r12;
        registers.lr = frame->lr;
        registers.pc = frame->pc;
        registers.psr = frame->psr;
    } else {
        registers.lr = likely_caller(sp);
    }
    fault_report(kind_of(exception, cfsr), &registers);
    board_halt();
}

/* On a fresh main stack, even if the fault came from a handler, and out of a loop that masks the end of its vectors
 * (FPSCR.LTPSIZE): in that state an ordinary loop of the handler's would be a fault. */
__attribute__((naked, noreturn)) void fault_handler(void) {
    __asm volatile("tst    lr, #4                   \n\t"
                   "ite    eq                       \n\t"
                   "mrseq  r0, msp                  \n\t"
                   "mrsne  r0, psp                  \n\t"
                   "mrs    r1, ipsr                 \n\t"
                   "ldr    r2, =link_fault_stack_top\n\t"
                   "msr    msp, r2                  \n\t"
                   "mov    r2, #0x40000             \n\t"
                   "vmsr   fpscr, r2                \n\t"
                   "b      report_and_halt          \n\t"
                   ".ltorg                          \n\t");
}
