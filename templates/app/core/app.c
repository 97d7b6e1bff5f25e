/* The app: check what was flashed, say ready, then do what the host asks for. */
#include "app_config.h"
#include "app_info.h"
#include "beat.h"
#include "board.h"
#include "boot_check.h"
#include "command.h"
#include "loop.h"
#include "network.h"
#include "receive.h"
#include "telemetry.h"
#include "weights_check.h"

#include <stdbool.h>

#define LISTEN_MS 1000u

static _Noreturn void refuse(const struct boot_check *check) {
    boot_refuse("app", check);
    board_halt();
}

/* Whether the camera's pixels fit the network: three channels of 8 bits. */
static bool input_fits(void) {
    return network_input_info.channels == 3 && network_input_info.type != NETWORK_FLOAT32;
}

static void boot(void) {
    struct boot_check check;
    int result;

    if (!weights_check(board_weights(), app_info.weights_size, app_info.network_id, &check)) {
        refuse(&check);
    }
    result = input_fits() ? network_init(board_weights()) : NETWORK_E_STATE;
    if (result != 0) {
        boot_check_word(&check, "network-init", 0, (uint32_t)result);
        refuse(&check);
    }
    loop_init();
    boot_say("app", "ready");
}

/* Collect lines from the link and hand each to the commands. What is longer than a line may be is skipped. */
static _Noreturn void listen(void) {
    static char line[TELEMETRY_LINE_MAX];
    size_t length = 0;

    for (;;) {
        char byte;

        if (receive(&byte, 1, LISTEN_MS) == 0) {
            beat();
            continue;
        }
        if (byte != '\n') {
            if (length < sizeof line) {
                line[length] = byte;
            }
            length += length <= sizeof line;
            continue;
        }
        if (length < sizeof line) {
            command_handle(line, length);
        }
        length = 0;
    }
}

int main(void) {
    board_init();
    boot();
    listen();
}
