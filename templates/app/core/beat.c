#include "beat.h"

#include <stdint.h>

#include "board.h"
#include "report.h"

void beat(void) {
    static uint64_t last;
    static uint32_t count;
    const uint64_t now = board_clock_ticks();

    if (report_current_session() == 0 || now - last < board_clock_hz()) {
        return;
    }
    last = now;
    report_begin("beat");
    report_u32("n", count++);
    report_ticks("up", now);
    report_send();
}
