/*
 * A network small enough to be understood: 64x48x3 in, 4x3x3 logits out, one for each 16x16 block.
 * Logit c is the block's mean of channel c, plus byte c of the weights. Test hook: the fourth byte of the weights
 * chooses what network_run does instead of its work.
 */
#include "network.h"

#include <stddef.h>

#define HEIGHT 64
#define WIDTH 48
#define BLOCK 16

const struct network_tensor network_input_info = {HEIGHT, WIDTH, 3, NETWORK_INT8, NETWORK_HWC, 1.0f / 128, 0};
const struct network_tensor network_output_info = {HEIGHT / BLOCK, WIDTH / BLOCK, 3, NETWORK_INT8,
                                                   NETWORK_HWC,    1.0f / 128,    0};

const char network_runtime[] = "tiny-1";

__attribute__((section(".network_arena"), aligned(64))) static int8_t input[HEIGHT * WIDTH * 3];
static int8_t output[HEIGHT / BLOCK * WIDTH / BLOCK * 3];
static const int8_t *bias;

enum { WORK = 0, FAIL = 1, UNDEFINED = 2, BUS = 3, OVERFLOW = 4, DIVIDE = 5, WILD_JUMP = 6, HANG = 7, BUS_IN_LOOP = 8 };

int network_init(const void *weights) {
    if ((uintptr_t)weights % 64 != 0) {
        return NETWORK_E_WEIGHTS;
    }
    bias = weights;
    return 0;
}

void *network_input(void) {
    return input;
}

const void *network_output(void) {
    return output;
}

__attribute__((noinline)) static int overflow(int depth) {
    volatile char room[200];

    room[depth % 200] = (char)depth;
    return depth < 0 ? 0 : overflow(depth + 1) + room[0];
}

__attribute__((noinline)) static int misbehave(int how) {
    volatile int zero = 0;

    switch (how) {
    case UNDEFINED:
        __builtin_trap();
    case BUS:
        return *(volatile int *)0xF0000000u;
    case OVERFLOW:
        return overflow(1);
    case DIVIDE:
        return 1000 / zero;
    case WILD_JUMP:
        ((void (*)(void))(uintptr_t)(0xE0000001u + (unsigned)zero))();
        return 0;
    case BUS_IN_LOOP:
#if defined(__ARM_FEATURE_MVE)
        /* A loop that masks the end of its vectors: the processor is in a state of its own in there. */
        __asm volatile("dlstp.8 lr, %[count]\n"
                       "1:\tvstrb.8 q0, [%[to]]\n\t"
                       "letp lr, 1b"
                       :
                       : [count] "r"(100), [to] "r"(0xF0000000u)
                       : "lr", "memory");
#endif
        return 0;
    case HANG:
        for (;;) {
            (void)zero;
        }
    default:
        return NETWORK_E_RUN;
    }
}

const uint16_t network_layers = 1;

enum network_unit network_unit(void) {
    return NETWORK_CPU;
}

int network_walk(network_visitor *visit, void *context) {
    const int result = network_run();

    if (result == 0) {
        (void)visit(context, 0, output, sizeof output);
    }
    return result;
}

int network_run(void) {
    if (bias[3] != WORK) {
        return misbehave(bias[3]);
    }
    for (int y = 0; y < HEIGHT / BLOCK; y++) {
        for (int x = 0; x < WIDTH / BLOCK; x++) {
            for (int c = 0; c < 3; c++) {
                int sum = 0;

                for (int i = 0; i < BLOCK * BLOCK; i++) {
                    int row = y * BLOCK + i / BLOCK, column = x * BLOCK + i % BLOCK;

                    sum += input[(row * WIDTH + column) * 3 + c];
                }
                output[(y * (WIDTH / BLOCK) + x) * 3 + c] = (int8_t)(sum / (BLOCK * BLOCK) / 2 + bias[c] / 2);
            }
        }
    }
    return 0;
}
