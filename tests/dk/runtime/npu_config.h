/* As n6gen renders it, for the host app: its weights lie where the host has put them. */
#ifndef NPU_CONFIG_H
#define NPU_CONFIG_H

#include "board.h"

#define NPU_WEIGHTS_ADDRESS ((uintptr_t)board_weights())
#define NPU_INPUT                                                                                                      \
    {.height = 64, .width = 48, .channels = 3, .type = NETWORK_INT8, .order = NETWORK_HWC, .scale = 0x1p-7f}
#define NPU_INPUT_SIZE 9216u
#define NPU_INPUT_IS_OURS 1
#define NPU_OUTPUT                                                                                                     \
    {.height = 4, .width = 3, .channels = 3, .type = NETWORK_INT8, .order = NETWORK_HWC, .scale = 0x1p-7f}
#define NPU_OUTPUT_SIZE 36u
#define NPU_OUTPUT_IS_OURS 0

#endif
