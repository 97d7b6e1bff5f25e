/* Carries out what dcache_rule.h decides. */
#include "dcache.h"

#include "stm32n6xx.h"

static void by_address(enum dcache_wish wish, uint32_t address, uint32_t size) {
    void *const start = (void *)address;

    switch (wish) {
    case DCACHE_CLEAN:
        SCB_CleanDCache_by_Addr(start, (int32_t)size);
        return;
    case DCACHE_CLEAN_INVALIDATE:
        SCB_CleanInvalidateDCache_by_Addr(start, (int32_t)size);
        return;
    case DCACHE_INVALIDATE:
        break;
    }
    /* A line that the range shares with a neighbour may hold the neighbour's newest bytes. */
    if (address % DCACHE_LINE != 0) {
        SCB_CleanInvalidateDCache_by_Addr(start, 1);
    }
    if ((address + size) % DCACHE_LINE != 0) {
        SCB_CleanInvalidateDCache_by_Addr((void *)(address + size - 1), 1);
    }
    SCB_InvalidateDCache_by_Addr(start, (int32_t)size);
}

void dcache_maintain(enum dcache_wish wish, uint32_t address, uint32_t size, bool may_be_dirty) {
    if ((SCB->CCR & SCB_CCR_DC_Msk) == 0) {
        return;
    }
    switch (dcache_way(wish, size, may_be_dirty)) {
    case DCACHE_NOTHING:
        return;
    case DCACHE_BY_ADDRESS:
        by_address(wish, address, size);
        return;
    case DCACHE_WHOLE:
        SCB_CleanInvalidateDCache();
        return;
    }
}
