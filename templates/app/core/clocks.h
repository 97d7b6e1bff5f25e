/* Both of the board's clocks at once. */
#ifndef CLOCKS_H
#define CLOCKS_H

#include <stdint.h>

/* Ticks of the first clock and of the second. */
struct clocks {
    uint64_t first, second;
};

struct clocks clocks_now(void);

/* What has passed on each since `begin`. */
struct clocks clocks_since(const struct clocks *begin);

#endif
