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

/* Who runs an epoch block; `inner`: a part of the block before it, which the runtime put in. */
enum npu_block { NPU_BLOCK_CPU, NPU_BLOCK_NPU, NPU_BLOCK_HYBRID, NPU_BLOCK_INNER, NPU_BLOCK_UNKNOWN };

/* Gets the begin and the end of each epoch block, in the order of the runtime. `block` tells one from another. */
typedef void npu_watcher(const void *block, enum npu_block kind, bool ends);

/* Let `watcher` see the next inferences; NULL: nobody sees them. Not while one is under way. */
bool npu_watch(npu_watcher *watcher);

#endif
