#include "receive.h"

#include <string.h>

#include "board.h"
#include "telemetry.h"

static uint8_t back[TELEMETRY_LINE_MAX];
static size_t back_size, back_read;

size_t receive(void *data, size_t size, uint32_t timeout_ms) {
    const size_t waiting = back_size - back_read;
    const size_t count = size < waiting ? size : waiting;

    if (waiting == 0) {
        return board_link_read(data, size, timeout_ms);
    }
    memcpy(data, back + back_read, count);
    back_read += count;
    return count;
}

bool receive_all(void *data, size_t size, uint32_t gap_ms) {
    uint8_t *bytes = data;

    while (size > 0) {
        const size_t count = receive(bytes, size, gap_ms);

        if (count == 0) {
            return false;
        }
        bytes += count;
        size -= count;
    }
    return true;
}

void receive_back(const void *data, size_t size) {
    memcpy(back, data, size);
    back_size = size;
    back_read = 0;
}
