/* Settings of the board drivers. */
#ifndef STM32N6570_DISCOVERY_CONF_H
#define STM32N6570_DISCOVERY_CONF_H

#include "board_config.h"
#include "stm32n6xx_hal.h"

#define USE_COM_LOG 0U
#define USE_BSP_COM_FEATURE 1U

/* What the layers show until the display's own buffers are set. */
#define LCD_LAYER_0_ADDRESS BOARD_REGION_APP_PSRAM_BASE
#define LCD_LAYER_1_ADDRESS BOARD_REGION_APP_PSRAM_BASE

#define BSP_BUTTON_USER1_IT_PRIORITY 15U
#define BSP_BUTTON_TAMP_IT_PRIORITY 15U

#endif
