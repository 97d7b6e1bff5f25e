/* As n6gen renders it: a network whose weights lie at 64 and whose input is the app's. */
#ifndef NPU_CONFIG_H
#define NPU_CONFIG_H

#define NPU_WEIGHTS_ADDRESS 0x00000040u
#define NPU_INPUT {.height = 4, .width = 4, .channels = 3, .type = NETWORK_INT8, .order = NETWORK_HWC, .scale = 0x1p-7f}
#define NPU_INPUT_SIZE 48u
#define NPU_INPUT_IS_OURS 1
#define NPU_OUTPUT                                                                                                     \
    {.height = 2, .width = 2, .channels = 2, .type = NETWORK_INT8, .order = NETWORK_CHW, .scale = 0x1p-3f}
#define NPU_OUTPUT_SIZE 8u
#define NPU_OUTPUT_IS_OURS 0

#endif
