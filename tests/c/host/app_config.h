/* The app on the host, for tests: built for tiny_network.c. */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include "input.h"

#define APP_VERSION "0.1.0"
#define APP_NETWORK_ID {0xab, 0xcd, 0xef}
#define APP_BUILD_ID {1, 2, 3}
#define APP_WEIGHTS_SIZE 100u

#define APP_DECODE decode_fine
#define APP_DECODE_NAME "fine"
#define APP_MASK_HEIGHT 64
#define APP_MASK_WIDTH 48

#define APP_INPUT_NAME "exact"

extern const struct input_map app_input_map;

#endif
