/*
 * The panel: layer 1 shows the camera (RGB565), layer 2 the mask (one palette index a pixel), which the display
 * controller lays over it. Its palette has no transparency: one for all classes, and class 0 left out by its colour.
 */
#include <string.h>

#include "board.h"
#include "dcache.h"
#include "stm32n6570_discovery_lcd.h"
#include "stm32n6xx_hal.h"
#include "system.h"

#define SIDE BOARD_WINDOW_SIDE
#define LAYER_SIZE (SIDE * SIDE)
/* One is shown, one waits for the next refresh, one is drawn into. */
#define LAYERS 3u
#define OPAQUE 255u

__attribute__((section(".psram"), aligned(64))) static uint8_t layers[LAYERS][LAYER_SIZE];
__attribute__((section(".psram"), aligned(64))) static uint16_t black[LAYER_SIZE];

static uint32_t drawn;

extern LTDC_HandleTypeDef hlcd_ltdc;

static bool configure(uint32_t layer, uint32_t format, const void *picture) {
    LTDC_LayerCfgTypeDef settings = {
        .WindowX0 = BOARD_WINDOW_X,
        .WindowX1 = BOARD_WINDOW_X + SIDE,
        .WindowY0 = BOARD_WINDOW_Y,
        .WindowY1 = BOARD_WINDOW_Y + SIDE,
        .PixelFormat = format,
        .Alpha = OPAQUE,
        .BlendingFactor1 = LTDC_BLENDING_FACTOR1_PAxCA,
        .BlendingFactor2 = LTDC_BLENDING_FACTOR2_PAxCA,
        .FBStartAdress = (uint32_t)picture,
        .ImageWidth = SIDE,
        .ImageHeight = SIDE,
    };

    return HAL_LTDC_ConfigLayer(&hlcd_ltdc, &settings, layer) == HAL_OK;
}

/* From the next refresh on, without waiting for it. */
static void show(LTDC_Layer_TypeDef *layer, const void *picture) {
    layer->CFBAR = (uint32_t)picture;
    layer->RCR = LTDC_LxRCR_VBR | LTDC_LxRCR_GRMSK;
}

bool display_init(void) {
    memset(layers, 0, sizeof layers);
    memset(black, 0, sizeof black);
    dcache_maintain(DCACHE_CLEAN, (uint32_t)layers, sizeof layers, true);
    dcache_maintain(DCACHE_CLEAN, (uint32_t)black, sizeof black, true);
    return BSP_LCD_Init(0, LCD_ORIENTATION_LANDSCAPE) == BSP_ERROR_NONE &&
           configure(LTDC_LAYER_1, LTDC_PIXEL_FORMAT_RGB565, black) &&
           configure(LTDC_LAYER_2, LTDC_PIXEL_FORMAT_L8, layers[0]);
}

void display_show_camera(const void *picture) {
    show(LTDC_Layer1, picture);
}

void board_display_palette(const uint32_t palette[256]) {
    (void)HAL_LTDC_ConfigCLUT(&hlcd_ltdc, palette, 256, LTDC_LAYER_2);
    (void)HAL_LTDC_EnableCLUT(&hlcd_ltdc, LTDC_LAYER_2);
    (void)HAL_LTDC_ConfigColorKeying(&hlcd_ltdc, palette[0] & 0xFFFFFFu, LTDC_LAYER_2);
    (void)HAL_LTDC_EnableColorKeying(&hlcd_ltdc, LTDC_LAYER_2);
    (void)HAL_LTDC_SetAlpha(&hlcd_ltdc, palette[1] >> 24, LTDC_LAYER_2);
}

uint8_t *board_display_layer(void) {
    return layers[drawn];
}

void board_display_present(uint32_t frame) {
    (void)frame;
    dcache_maintain(DCACHE_CLEAN, (uint32_t)layers[drawn], LAYER_SIZE, true);
    show(LTDC_Layer2, layers[drawn]);
    drawn = (drawn + 1) % LAYERS;
}
