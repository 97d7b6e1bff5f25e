/* The facade of a network for the NPU: everything that does not depend on the runtime's interface (npu.h). */
#include "npu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* A walk: who sees it, how many blocks it has passed, and the one that it is in. */
static struct {
    network_visitor *visit;
    void *context;
    const void *open;
    uint16_t passed;
    enum network_unit unit;
    bool wrong;
} walk;

enum network_unit network_unit(void) {
    return walk.unit;
}

static void tell(void) {
    (void)walk.visit(walk.context, (uint16_t)(walk.passed - 1), NULL, 0);
}

/* The parts that a hybrid block is made of come after it; they are told as more of it. */
static void note_end(enum npu_block kind) {
    static const enum network_unit units[] = {
        [NPU_BLOCK_CPU] = NETWORK_CPU,
        [NPU_BLOCK_NPU] = NETWORK_NPU,
        [NPU_BLOCK_HYBRID] = NETWORK_HYBRID,
    };

    if (kind == NPU_BLOCK_INNER) {
        walk.wrong = walk.passed == 0 || walk.unit != NETWORK_HYBRID;
    } else {
        walk.wrong = kind == NPU_BLOCK_UNKNOWN || walk.passed == UINT16_MAX;
    }
    if (walk.wrong) {
        return;
    }
    if (kind != NPU_BLOCK_INNER) {
        walk.unit = units[kind];
        walk.passed++;
    }
    tell();
}

/* Each block begins when none is open, and ends as the one that is. After anything else nothing is believed. */
static void note(const void *block, enum npu_block kind, bool ends) {
    if (walk.wrong) {
        return;
    }
    if (!ends) {
        walk.wrong = walk.open != NULL;
        walk.open = block;
    } else if (block != walk.open) {
        walk.wrong = true;
    } else {
        walk.open = NULL;
        note_end(kind);
    }
}

/*
 * The runtime asks for a watcher at each block in any case. Outside of a walk it has none: the timed run is the same
 * whether there was a walk or not.
 */
int network_walk(network_visitor *visit, void *context) {
    int result;

    if (!ready) {
        return NETWORK_E_STATE;
    }
    memset(&walk, 0, sizeof walk);
    walk.visit = visit;
    walk.context = context;
    result = npu_watch(note) ? network_run() : NETWORK_E_RUN;
    (void)npu_watch(NULL);
    if (result != 0) {
        return result;
    }
    if (walk.wrong || walk.open != NULL || walk.passed == 0) {
        return NETWORK_E_ORDER;
    }
    /* What an inference does behind its last block is the last one's. */
    tell();
    return 0;
}
