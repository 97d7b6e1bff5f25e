/* This app's info block; the linker script puts it at a fixed place of the image. */
#include "app_info.h"

#include "app_config.h"
#include "board_config.h"

__attribute__((section(".n6gen_info"), used)) const struct app_info app_info = {
    .magic = APP_INFO_MAGIC,
    .version = APP_INFO_VERSION,
    .weights_address = BOARD_WEIGHTS_ADDRESS,
    .weights_size = APP_WEIGHTS_SIZE,
    .network_id = APP_NETWORK_ID,
    .build_id = APP_BUILD_ID,
};
