/*
 * The NPU runtime's cache functions, in place of its own, which go by address always: of ST's segmentation network that
 * is 141745 lines an inference. Runtimes up to 2.2 want an int back, later ones nothing.
 */
#include <stdint.h>

#include "dcache.h"

/* An epoch of the CPU's may leave scratch of its own in the cache that nobody cleans. */
#ifdef NPU_SOFTWARE_EPOCHS
#define CPU_WRITES true
#else
#define CPU_WRITES false
#endif

#define WHOLE UINT32_MAX

int mcu_cache_invalidate(void);
int mcu_cache_clean(void);
int mcu_cache_clean_invalidate(void);
int mcu_cache_invalidate_range(uint32_t start, uint32_t end);
int mcu_cache_clean_range(uint32_t start, uint32_t end);
int mcu_cache_clean_invalidate_range(uint32_t start, uint32_t end);

static int maintain(enum dcache_wish wish, uint32_t start, uint32_t end) {
    if (end > start) {
        dcache_maintain(wish, start, end - start, CPU_WRITES);
    }
    return 0;
}

int mcu_cache_invalidate(void) {
    return maintain(DCACHE_CLEAN_INVALIDATE, 0, WHOLE);
}

int mcu_cache_clean(void) {
    return maintain(DCACHE_CLEAN, 0, WHOLE);
}

int mcu_cache_clean_invalidate(void) {
    return maintain(DCACHE_CLEAN_INVALIDATE, 0, WHOLE);
}

int mcu_cache_invalidate_range(uint32_t start, uint32_t end) {
    return maintain(DCACHE_INVALIDATE, start, end);
}

int mcu_cache_clean_range(uint32_t start, uint32_t end) {
    return maintain(DCACHE_CLEAN, start, end);
}

int mcu_cache_clean_invalidate_range(uint32_t start, uint32_t end) {
    return maintain(DCACHE_CLEAN_INVALIDATE, start, end);
}
