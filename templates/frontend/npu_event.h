/* What the runtime's callback tells of an epoch block. The events are the same in both of its interfaces. */
#ifndef NPU_EVENT_H
#define NPU_EVENT_H

#include <stdint.h>

#include "npu.h"

/* Pass an event on, if it is the begin or the end of a block. `block` is the runtime's description of it. */
void npu_event(npu_watcher *watcher, int32_t event, const void *block);

#endif
