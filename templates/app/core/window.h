/* Passes that are measured, and passes that nobody looks at. */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdint.h>

#include "clocks.h"
#include "loop.h"
#include "telemetry.h"

/* Run a window of passes and send its samples; or return why not. */
const char *window_run(const struct telemetry_record *record);

/* The same passes without samples; or return why not. */
const char *window_warm(const struct telemetry_record *record);

/* Send samples, then the record that closes their window, which took `span`. */
void window_send(const struct loop_sample *samples, uint32_t count, const struct clocks *span);

#endif
