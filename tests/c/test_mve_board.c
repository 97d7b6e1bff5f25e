/* Runs compiled networks one after another on an emulated Cortex-M55 (QEMU mps3-an547), keeping every layer's output.
 * The host shares the DDR: it has left jobs there, and finds the results there when the emulator ends. What the
 * networks are called is in the generated jobs.c. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "network.h"
#include "test_mve_jobs.h"

#define DDR 0x60000000u
#define SYSTEM_COUNTER ((volatile uint32_t *)0x58100000u)
#define FENCE 0xA5

/* What the host has left at the beginning of the DDR. Places are bytes from there, sizes are in bytes. */
struct order {
    uint32_t weights;
    uint32_t inputs, count; /* of images */
    uint32_t gaps, gap_count;
    uint32_t results; /* outputs of all layers, of all images */
    uint32_t ticks;   /* of each layer of the first image, 32 MHz */
    uint32_t state;   /* out: enum state */
};

enum state { NOT_RUN = 0, GOOD = 1, INIT_FAILED = 2, RUN_FAILED = 3, GAP_WRITTEN = 4 };

/* Bytes of the arena that no kernel may touch, counted from the input. */
struct gap {
    int32_t offset;
    uint32_t size;
};

extern uint32_t link_stack_top[];
extern uint8_t link_data_load[], link_data_start[], link_data_end[], link_bss_start[], link_bss_end[];

static uint8_t *result;
static uint32_t *ticks, tick;

static void *at(uint32_t place) {
    return (void *)(DDR + place);
}

/* network.c calls it through NETWORK_LAYER_DONE. */
void layer_done(int index, const void *data, size_t size);

void layer_done(int index, const void *data, size_t size) {
    if (ticks != NULL) {
        ticks[index] = SYSTEM_COUNTER[2] - tick;
    }
    memcpy(result, data, size);
    result += size;
    tick = SYSTEM_COUNTER[2];
}

static int fences(const struct order *order, uint8_t *input, int check) {
    const struct gap *gaps = at(order->gaps);
    for (uint32_t i = 0; i < order->gap_count; i++) {
        uint8_t *begin = input + gaps[i].offset;
        for (uint32_t k = 0; k < gaps[i].size; k++) {
            if (check && begin[k] != FENCE) {
                return 0;
            }
            begin[k] = FENCE;
        }
    }
    return 1;
}

static enum state run(const struct job *job, const struct order *order) {
    const uint8_t *input = at(order->inputs);
    const struct network_tensor *info = job->input_info;
    const size_t size = (size_t)info->height * info->width * info->channels;
    result = at(order->results);
    if (job->init(at(order->weights)) != 0) {
        return INIT_FAILED;
    }
    fences(order, job->input(), 0);
    for (uint32_t i = 0; i < order->count; i++) {
        memcpy(job->input(), input, size);
        input += size;
        ticks = i == 0 ? at(order->ticks) : NULL;
        tick = SYSTEM_COUNTER[2];
        if (job->run() != 0) {
            return RUN_FAILED;
        }
    }
    return fences(order, job->input(), 1) ? GOOD : GAP_WRITTEN;
}

/* Semihosting: SYS_EXIT_EXTENDED. */
static _Noreturn void leave(uint32_t code) {
    const uint32_t words[2] = {0x20026, code};
    register uint32_t r0 __asm("r0") = 0x20;
    register const void *r1 __asm("r1") = words;
    __asm volatile("bkpt 0xab" : : "r"(r0), "r"(r1) : "memory");
    for (;;) {
    }
}

static void fault(void) {
    leave(3);
}

static __attribute__((used)) _Noreturn void start(void) {
    struct order *orders = at(0);
    memcpy(link_data_start, link_data_load, (size_t)(link_data_end - link_data_start));
    memset(link_bss_start, 0, (size_t)(link_bss_end - link_bss_start));
    SYSTEM_COUNTER[0] = 1;
    for (uint32_t i = 0; i < job_count; i++) {
        orders[i].state = (uint32_t)run(&jobs[i], &orders[i]);
    }
    leave(0);
}

/* Stack, then FPU and Helium on, vectors of full length outside of predicated loops. */
static __attribute__((naked)) void reset(void) {
    __asm volatile("ldr  r0, =0xE000ED88 \n\t"
                   "ldr  r1, [r0]        \n\t"
                   "orr  r1, r1, #0xF00000\n\t"
                   "str  r1, [r0]        \n\t"
                   "dsb                  \n\t"
                   "isb                  \n\t"
                   "mov  r0, #0x40000    \n\t"
                   "vmsr fpscr, r0       \n\t"
                   "b    start           \n\t"
                   ".ltorg               \n\t");
}

typedef void vector(void);

__attribute__((section(".vectors"), used)) static vector *const vectors[16] = {
    (vector *)link_stack_top,
    reset,
    fault,
    fault,
    fault,
    fault,
    fault,
    fault,
    fault,
    fault,
    fault,
    fault,
    fault,
    fault,
    fault,
    fault,
};
