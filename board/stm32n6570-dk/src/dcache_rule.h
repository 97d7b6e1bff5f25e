/*
 * How the data cache is brought in line with memory for a range. By address each line costs an access of its own, and
 * the cache has only 1024: above its size the whole cache is cleaned and invalidated by set and way instead.
 *
 * Nothing is ever invalidated by set and way without cleaning: that would throw away what the CPU wrote elsewhere. And
 * cleaning in place of an invalidate writes old lines over what a device has put into memory, if the CPU had written
 * there: so only where that cannot be.
 */
#ifndef DCACHE_RULE_H
#define DCACHE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#define DCACHE_LINE 32u
#define DCACHE_SIZE 0x8000u

enum dcache_wish { DCACHE_CLEAN, DCACHE_INVALIDATE, DCACHE_CLEAN_INVALIDATE };

enum dcache_way {
    DCACHE_NOTHING,
    DCACHE_BY_ADDRESS, /* line by line, as wished */
    DCACHE_WHOLE,      /* clean and invalidate all of it by set and way */
};

/* `may_be_dirty`: lines of the range may hold what the CPU wrote and memory has not got yet. */
static inline enum dcache_way dcache_way(enum dcache_wish wish, uint32_t size, bool may_be_dirty) {
    if (size == 0) {
        return DCACHE_NOTHING;
    }
    if (size <= DCACHE_SIZE || (wish == DCACHE_INVALIDATE && may_be_dirty)) {
        return DCACHE_BY_ADDRESS;
    }
    return DCACHE_WHOLE;
}

#endif
