/* The `fault` record: what the CPU was doing when it could not go on. */
#ifndef FAULT_H
#define FAULT_H

#include <stdint.h>

/* Registers at the fault; 0 where they could not be saved. */
struct fault_registers {
    uint32_t pc, lr, sp, psr;
    uint32_t cfsr, hfsr, bfar, mmfar;
    uint32_t r0, r1, r2, r3, r12;
};

/* Send the record. `kind`: hard, memory, bus, usage, stack, other. Needs the link and a stack of its own, no more. */
void fault_report(const char *kind, const struct fault_registers *registers);

#endif
