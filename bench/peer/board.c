/* Runs one inference of a network that implements network.h, on QEMU's mps3-an547, and counts its ticks.
 * The host has left real values for the input in the DDR, and finds the output's there when the emulator ends. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "network.h"
#include "startup.h"

#define SYSTEM_COUNTER ((volatile uint32_t *)0x58100000u)
#define EXIT_FAULT 70u

/* Behind the program, 512 MiB into the DDR; values as [height][width][channels]. */
#define EXCHANGE ((struct exchange *)0x80000000u)
#define VALUES 0x80000

struct exchange {
    uint32_t ticks; /* out: of the run, 32 MHz */
    uint32_t heap;  /* out: bytes, at most */
    int32_t error;  /* out: what the network returned */
    uint32_t in[3], out[3];
    float input[VALUES], output[VALUES];
};

extern uint32_t link_fault_stack_top[];
extern char link_heap_start[], link_heap_end[];

int main(void);
void *_sbrk(ptrdiff_t more);

static char *heap = link_heap_start;

/* newlib's malloc asks for memory here. */
void *_sbrk(ptrdiff_t more) {
    char *old = heap;
    if (more > link_heap_end - heap) {
        return (void *)-1;
    }
    heap += more;
    if ((uint32_t)(heap - link_heap_start) > EXCHANGE->heap) {
        EXCHANGE->heap = (uint32_t)(heap - link_heap_start);
    }
    return old;
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
    leave(EXIT_FAULT);
}

static size_t place(const struct network_tensor *info, size_t pixel, size_t channel) {
    const size_t pixels = (size_t)info->height * info->width;
    return info->order == NETWORK_CHW ? channel * pixels + pixel : pixel * info->channels + channel;
}

static void put(const struct network_tensor *info, void *data, size_t at, float value) {
    const float q = rintf(value / info->scale) + (float)info->zero_point;
    if (info->type == NETWORK_FLOAT32) {
        ((float *)data)[at] = value;
    } else if (info->type == NETWORK_INT8) {
        ((int8_t *)data)[at] = (int8_t)fminf(fmaxf(q, -128), 127);
    } else {
        ((uint8_t *)data)[at] = (uint8_t)fminf(fmaxf(q, 0), 255);
    }
}

static float get(const struct network_tensor *info, const void *data, size_t at) {
    if (info->type == NETWORK_FLOAT32) {
        return ((const float *)data)[at];
    }
    const int32_t q = info->type == NETWORK_INT8 ? ((const int8_t *)data)[at] : ((const uint8_t *)data)[at];
    return info->scale * (float)(q - info->zero_point);
}

static void describe(uint32_t *shape, const struct network_tensor *info) {
    shape[0] = info->height;
    shape[1] = info->width;
    shape[2] = info->channels;
}

int main(void) {
    struct exchange *exchange = EXCHANGE;
    const struct network_tensor *in = &network_input_info, *out = &network_output_info;
    describe(exchange->in, in);
    describe(exchange->out, out);
    SYSTEM_COUNTER[0] = 1;
    exchange->error = network_init(NULL);
    if (exchange->error != 0) {
        leave(1);
    }
    for (size_t pixel = 0; pixel < (size_t)in->height * in->width; pixel++) {
        for (size_t channel = 0; channel < in->channels; channel++) {
            put(in, network_input(), place(in, pixel, channel), exchange->input[pixel * in->channels + channel]);
        }
    }
    const uint32_t before = SYSTEM_COUNTER[2];
    exchange->error = network_run();
    exchange->ticks = SYSTEM_COUNTER[2] - before;
    if (exchange->error != 0) {
        leave(1);
    }
    for (size_t pixel = 0; pixel < (size_t)out->height * out->width; pixel++) {
        for (size_t channel = 0; channel < out->channels; channel++) {
            const size_t at = place(out, pixel, channel);
            exchange->output[pixel * out->channels + channel] = get(out, network_output(), at);
        }
    }
    leave(0);
}

const vector vectors[16] __attribute__((section(".vectors"), used)) = {
    (vector)link_fault_stack_top,
    reset_handler,
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
