#include "clocks.h"

#include "board.h"

/* Always in this order, so that the time between the two readings is no part of a difference. */
struct clocks clocks_now(void) {
    const uint64_t first = board_clock_ticks();

    return (struct clocks){first, board_second_ticks()};
}

struct clocks clocks_since(const struct clocks *begin) {
    const struct clocks now = clocks_now();

    return (struct clocks){now.first - begin->first, now.second - begin->second};
}
