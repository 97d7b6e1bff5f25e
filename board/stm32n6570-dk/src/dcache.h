/* Data cache maintenance for what CPU and devices share. */
#ifndef DCACHE_H
#define DCACHE_H

#include <stdint.h>

#include "dcache_rule.h"

/* Do as wished for `size` bytes at `address` (dcache_rule.h); nothing while the cache is off. */
void dcache_maintain(enum dcache_wish wish, uint32_t address, uint32_t size, bool may_be_dirty);

#endif
