/* Waiting without burning the host's CPU. */
#ifndef IDLE_H
#define IDLE_H

#include <stdint.h>

/* Let UART reception end an idle(). */
void idle_init(void);

/* Sleep until a byte comes in or `ms` (at most 500) have passed. May return early: the caller looks again. */
void idle(uint32_t ms);

#endif
