/* Handler of all faults and of every exception that nobody expects. */
#ifndef FAULT_ENTRY_H
#define FAULT_ENTRY_H

/* Reports registers in a `fault` record, then halts. */
__attribute__((noreturn)) void fault_handler(void);

#endif
