/*
 * The facade of a network for the NPU on this machine, with an NPU that does what the first argument says: steps until
 * it is done, `fail`, `hang`, or `closed`. Prints what it was asked for, in order. With a second argument it is walked
 * through and not run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "ll_aton_caches_interface.h"
#include "network.h"
#include "npu.h"

static const char *mode;
static int steps;
static uint8_t result[8];
static uint64_t ticks;
static npu_watcher *current;

uint64_t board_clock_ticks(void) {
    return ticks += 1000;
}

uint32_t board_clock_hz(void) {
    return 1000;
}

void LL_ATON_Cache_MCU_Clean_Invalidate_Range(uintptr_t address, uint32_t size) {
    printf("clean %s %u\n", (void *)address == network_input() ? "input" : "?", (unsigned)size);
}

void LL_ATON_Cache_MCU_Invalidate_Range(uintptr_t address, uint32_t size) {
    printf("invalidate %s %u\n", (void *)address == result ? "output" : "?", (unsigned)size);
}

bool npu_open(void *input_buffer, void *output_buffer, void **input, void **output) {
    printf("open %s %s\n", input_buffer != NULL ? "ours" : "its", output_buffer != NULL ? "ours" : "its");
    *input = input_buffer;
    *output = result;
    return strcmp(mode, "closed") != 0;
}

enum npu_state npu_begin(void *input_buffer, void *output_buffer) {
    printf("begin %d %d\n", input_buffer == network_input(), output_buffer == NULL);
    steps = atoi(mode);
    if (current != NULL) {
        current(&steps, NPU_BLOCK_NPU, false);
    }
    return npu_continue();
}

enum npu_state npu_continue(void) {
    if (strcmp(mode, "fail") == 0) {
        return NPU_FAILED;
    }
    if (strcmp(mode, "hang") == 0 || steps-- > 0) {
        return NPU_RUNS;
    }
    if (current != NULL) {
        current(&steps, NPU_BLOCK_NPU, true);
    }
    return NPU_DONE;
}

bool npu_watch(npu_watcher *watcher) {
    puts(watcher != NULL ? "watched" : "alone");
    current = watcher;
    return true;
}

bool npu_end(void) {
    puts("end");
    return true;
}

static bool visit(void *context, uint16_t block, const void *out, uint32_t size) {
    printf("block %d %d %d\n", block, network_unit() == NETWORK_NPU, context == NULL && out == NULL && size == 0);
    return false;
}

static void run(bool walk) {
    printf("run %d\n", walk ? network_walk(visit, NULL) : network_run());
}

int main(int count, char **words) {
    mode = count > 1 ? words[1] : "";
    printf("elsewhere %d\n", network_init((const void *)128));
    printf("too early %d\n", network_run());
    printf("init %d\n", network_init((const void *)64));
    run(count > 2);
    run(count > 2);
    return 0;
}
