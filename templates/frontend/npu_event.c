#include "npu_event.h"

#include <stdbool.h>
#include <stddef.h>

#include "ll_aton_runtime.h"

static enum npu_block kind_of(const LL_ATON_RT_EpochBlockItem_t *block) {
    if (EpochBlock_IsEpochInternal(block)) {
        return NPU_BLOCK_INNER;
    }
    if (EpochBlock_IsEpochHybrid(block)) {
        return NPU_BLOCK_HYBRID;
    }
    if (EpochBlock_IsEpochPureSW(block)) {
        return NPU_BLOCK_CPU;
    }
    /* What the epoch controller runs is marked as hardware's, too. */
    return EpochBlock_IsEpochPureHW(block) ? NPU_BLOCK_NPU : NPU_BLOCK_UNKNOWN;
}

void npu_event(npu_watcher *watcher, int32_t event, const void *block) {
    const bool ends = event == (int32_t)LL_ATON_RT_Callbacktype_POST_END;

    if (watcher != NULL && block != NULL && (ends || event == (int32_t)LL_ATON_RT_Callbacktype_PRE_START)) {
        watcher(block, kind_of(block), ends);
    }
}
