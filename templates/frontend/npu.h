/* One interface of the NPU's runtime: `aton` up to STEdgeAI 2.2, `stai` from 3.0 on. Each implements this. */
#ifndef NPU_H
#define NPU_H

#include <stdbool.h>

enum npu_state { NPU_RUNS, NPU_DONE, NPU_FAILED };

/*
 * Start runtime and network. Buffers are NULL where the network has its own; `input` and `output` become the ones in
 * use.
 */
bool npu_open(void *input_buffer, void *output_buffer, void **input, void **output);

/* Begin an inference, go on with it, and make ready for the next. A begun one is gone on with until it is done. */
enum npu_state npu_begin(void *input_buffer, void *output_buffer);
enum npu_state npu_continue(void);
bool npu_end(void);

#endif
