/* A row of the window, eight pixels at a time: the Helium twin. */
#include "present_row.h"

#include <arm_mve.h>

void present_row(const uint8_t *from, const uint16_t *column, uint8_t *to) {
    uint16x8_t at, pixels;

    /* A loop of the processor's own, which masks the end of the last vector. The store wants a low register. */
    __asm volatile("dlstp.16 lr, %[count]\n"
                   "1:\tvldrh.u16 %q[at], [%[column]], #16\n\t"
                   "vldrb.u16 %q[pixels], [%[from], %q[at]]\n\t"
                   "vstrb.16 %q[pixels], [%[to]], #8\n\t"
                   "letp lr, 1b"
                   : [column] "+r"(column), [to] "+l"(to), [at] "=&w"(at), [pixels] "=&w"(pixels)
                   : [from] "r"(from), [count] "r"(BOARD_WINDOW_SIDE)
                   : "lr", "memory");
}
