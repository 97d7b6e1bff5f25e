/* The facade of a network for the NPU: everything that does not depend on the runtime's interface (npu.h). */
#include "npu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "ll_aton_caches_interface.h"
#include "network.h"
#include "npu_config.h"

/* Far more than any inference takes: the NPU hangs. */
#define TIMEOUT_S 5u

const struct network_tensor network_input_info = NPU_INPUT, network_output_info = NPU_OUTPUT;

#if NPU_INPUT_IS_OURS
static uint8_t input_buffer[NPU_INPUT_SIZE] __attribute__((aligned(64)));
#define INPUT_BUFFER input_buffer
#else
#define INPUT_BUFFER NULL
#endif
#if NPU_OUTPUT_IS_OURS
static uint8_t output_buffer[NPU_OUTPUT_SIZE] __attribute__((aligned(64)));
#define OUTPUT_BUFFER output_buffer
#else
#define OUTPUT_BUFFER NULL
#endif

static bool ready;
static void *input, *output;

int network_init(const void *weights) {
    /* The NPU's programs hold this address: nowhere else would it find them. */
    if ((uintptr_t)weights != NPU_WEIGHTS_ADDRESS) {
        return NETWORK_E_WEIGHTS;
    }
    ready = npu_open(INPUT_BUFFER, OUTPUT_BUFFER, &input, &output) && input != NULL && output != NULL;
    return ready ? 0 : NETWORK_E_STATE;
}

void *network_input(void) {
    return input;
}

/* The core stays awake meanwhile: it would stop its cycle counter, and its timing with it. */
static bool finish(void) {
    const uint64_t begin = board_clock_ticks();
    enum npu_state state = npu_begin(INPUT_BUFFER, OUTPUT_BUFFER);

    while (state == NPU_RUNS) {
        if (board_clock_ticks() - begin > (uint64_t)TIMEOUT_S * board_clock_hz()) {
            return false;
        }
        state = npu_continue();
    }
    return state == NPU_DONE && npu_end();
}

int network_run(void) {
    if (!ready) {
        return NETWORK_E_STATE;
    }
    LL_ATON_Cache_MCU_Clean_Invalidate_Range((uintptr_t)input, NPU_INPUT_SIZE);
    if (!finish()) {
        ready = false;
        return NETWORK_E_RUN;
    }
    LL_ATON_Cache_MCU_Invalidate_Range((uintptr_t)output, NPU_OUTPUT_SIZE);
    return 0;
}

const void *network_output(void) {
    return output;
}

/* What lies between input and output is the NPU's. */
const uint16_t network_layers = 0;

int network_walk(network_visitor *visit, void *context) {
    (void)visit;
    (void)context;
    return network_run();
}
