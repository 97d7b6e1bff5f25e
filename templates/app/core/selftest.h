/* What the board can find out about itself. */
#ifndef SELFTEST_H
#define SELFTEST_H

#include <stdint.h>

#include "telemetry.h"

/* Read the weights, timed by both clocks; check them; try the spare memory. Send what was found; or return why not. */
const char *selftest(const struct telemetry_record *record);

/* Write two patterns into `size` bytes at `memory` (aligned to 4) and read them; how many words came back wrong. */
uint32_t selftest_memory(void *memory, uint32_t size);

#endif
