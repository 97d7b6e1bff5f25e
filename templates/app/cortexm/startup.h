/* Reset of an Armv8.1-M core. The vector table is the board's. */
#ifndef STARTUP_H
#define STARTUP_H

#include <stdint.h>

typedef void (*vector)(void);

extern const vector vectors[];

__attribute__((noreturn)) void reset_handler(void);

#endif
