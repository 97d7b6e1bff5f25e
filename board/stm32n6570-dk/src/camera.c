/*
 * The camera: an IMX335 over CSI. Pipe 1 of the pixel pipeline makes the picture for the panel, pipe 2 the network's
 * frame. Both run on by themselves; when no frame comes, everything is started anew.
 */
#include "camera.h"

#include <stdatomic.h>

#include "board.h"
#include "cmw_camera.h"
#include "dcache.h"
#include "rotation.h"
#include "stm32n6xx_hal.h"
#include "system.h"

#define FPS 30
#define FRAME_MAX (800u * 800u * 3u)
#define PICTURE_SIZE (BOARD_WINDOW_SIDE * BOARD_WINDOW_SIDE * 2u)
#define BYTES 3u
/* A frame takes 33 ms; after this long without one something is wrong. */
#define STALLED_MS 500u
/* The middleware from 1.5 on has another init, and stops the program after an error. */
#ifdef CMW_PIXEL_FORMAT_DEFAULT
#define CMW_1_5 1
#else
#define CMW_1_5 0
#endif
/* Without overlap a frame is asked for when it is wanted, so that camera and NPU never use the memories at once. */
#ifdef BOARD_NO_OVERLAP
#define MODE CMW_MODE_SNAPSHOT
#else
#define MODE CMW_MODE_CONTINUOUS
#endif

__attribute__((section(".psram"), aligned(64))) static uint8_t frames[ROTATION_BUFFERS][FRAME_MAX];
__attribute__((section(".psram"), aligned(64))) static uint8_t pictures[ROTATION_BUFFERS][PICTURE_SIZE];

__attribute__((section(".psram"), aligned(64))) static uint8_t spare[FRAME_MAX];

static struct rotation for_network, for_panel;
static uint32_t width, height, pitch;
static bool runs;

/* Written and read by the CPU only: no cache maintenance. */
uint8_t *board_spare(uint32_t *size) {
    *size = sizeof spare;
    return spare;
}

void CSI_IRQHandler(void) {
    HAL_DCMIPP_CSI_IRQHandler(CMW_CAMERA_GetDCMIPPHandle());
}

void DCMIPP_IRQHandler(void) {
    HAL_DCMIPP_IRQHandler(CMW_CAMERA_GetDCMIPPHandle());
}

/* Pixel pipeline 333 MHz, CSI 20 MHz. */
HAL_StatusTypeDef MX_DCMIPP_ClockConfig(DCMIPP_HandleTypeDef *pipeline) {
    RCC_PeriphCLKInitTypeDef clock = {
        .PeriphClockSelection = RCC_PERIPHCLK_DCMIPP,
        .DcmippClockSelection = RCC_DCMIPPCLKSOURCE_IC17,
    };
    HAL_StatusTypeDef result;

    (void)pipeline;
    clock.ICSelection[RCC_IC17].ClockSelection = RCC_ICCLKSOURCE_PLL2;
    clock.ICSelection[RCC_IC17].ClockDivider = 3;
    result = HAL_RCCEx_PeriphCLKConfig(&clock);
    if (result != HAL_OK) {
        return result;
    }
    clock.PeriphClockSelection = RCC_PERIPHCLK_CSI;
    clock.ICSelection[RCC_IC18].ClockSelection = RCC_ICCLKSOURCE_PLL1;
    clock.ICSelection[RCC_IC18].ClockDivider = 40;
    return HAL_RCCEx_PeriphCLKConfig(&clock);
}

/* An interrupt: a frame is complete. The next one's address is read when it begins, after the blanking. */
int CMW_CAMERA_PIPE_FrameEventCallback(uint32_t pipe) {
    DCMIPP_HandleTypeDef *const pipeline = CMW_CAMERA_GetDCMIPPHandle();

    if (pipe == DCMIPP_PIPE1) {
        const void *full = pictures[for_panel.filling];
        const int next = rotation_filled(&for_panel);

        display_show_camera(full);
        /* What was shown so far is free once the panel has turned to the new one: keep out of both. */
        (void)rotation_take(&for_panel);
        HAL_DCMIPP_PIPE_SetMemoryAddress(pipeline, pipe, DCMIPP_MEMORY_ADDRESS_0, (uint32_t)pictures[next]);
    }
    if (pipe == DCMIPP_PIPE2) {
        const int next = rotation_filled(&for_network);

        HAL_DCMIPP_PIPE_SetMemoryAddress(pipeline, pipe, DCMIPP_MEMORY_ADDRESS_0, (uint32_t)frames[next]);
    }
    return 0;
}

#if CMW_1_5
/* The middleware's own stops the program. An overrun costs one frame; what stops the camera is seen by its silence. */
void CMW_CAMERA_PIPE_ErrorCallback(uint32_t pipe) {
    (void)pipe;
}
#endif

static bool pipe_is(uint32_t pipe, uint32_t pipe_width, uint32_t pipe_height, int format, int bytes, uint32_t *row) {
    CMW_DCMIPP_Conf_t settings = {
        .output_width = pipe_width,
        .output_height = pipe_height,
        .output_format = format,
        .output_bpp = bytes,
        .enable_swap = pipe == DCMIPP_PIPE2, /* R, G, B in memory */
        .mode = CMW_Aspect_ratio_crop,
    };

    return CMW_CAMERA_SetPipeConfig(pipe, &settings, row) == HAL_OK;
}

static bool start(void) {
    CMW_CameraInit_t settings = {.fps = FPS, .mirror_flip = CMW_MIRRORFLIP_NONE};
    uint32_t row;

    rotation_start(&for_network);
    rotation_start(&for_panel);
#if CMW_1_5
    if (CMW_CAMERA_Init(&settings, NULL) != CMW_ERROR_NONE) {
#else
    if (CMW_CAMERA_Init(&settings) != CMW_ERROR_NONE) {
#endif
        return false;
    }
    return pipe_is(DCMIPP_PIPE1, BOARD_WINDOW_SIDE, BOARD_WINDOW_SIDE, DCMIPP_PIXEL_PACKER_FORMAT_RGB565_1, 2, &row) &&
           pipe_is(DCMIPP_PIPE2, width, height, DCMIPP_PIXEL_PACKER_FORMAT_RGB888_YUV444_1, (int)BYTES, &pitch) &&
           pitch * height <= FRAME_MAX &&
           CMW_CAMERA_Start(DCMIPP_PIPE1, pictures[0], CMW_MODE_CONTINUOUS) == CMW_ERROR_NONE &&
           (MODE == CMW_MODE_SNAPSHOT || CMW_CAMERA_Start(DCMIPP_PIPE2, frames[0], MODE) == CMW_ERROR_NONE);
}

static void start_again(void) {
    (void)CMW_CAMERA_DeInit();
    say("n6gen: no frame from the camera, it is started again");
    runs = start();
}

/* Without overlap: one frame. */
static void ask_for_frame(void) {
    if (MODE == CMW_MODE_SNAPSHOT && runs) {
        runs = CMW_CAMERA_Start(DCMIPP_PIPE2, frames[for_network.filling], MODE) == CMW_ERROR_NONE;
    }
}

int board_camera_start(uint16_t rows, uint16_t columns) {
    if ((uint32_t)rows * columns * BYTES > FRAME_MAX) {
        return BOARD_E_SIZE;
    }
    width = columns;
    height = rows;
    if (runs) {
        (void)CMW_CAMERA_DeInit();
    }
    runs = start();
    /* A camera that does not answer yet is tried again while a frame is waited for. */
    return 0;
}

/* The pipeline pads rows to 16 bytes; the app's have no padding. */
static void pack(uint8_t *frame) {
    const uint32_t row = width * BYTES;

    for (uint32_t y = 1; pitch != row && y < height; y++) {
        for (uint32_t x = 0; x < row; x++) {
            frame[y * row + x] = frame[y * pitch + x];
        }
    }
}

int board_camera_acquire(struct board_frame *frame, uint32_t timeout_ms) {
    const uint32_t begin = HAL_GetTick();
    uint32_t since = begin;

    ask_for_frame();
    for (;;) {
        bool took;

        __disable_irq();
        took = rotation_take(&for_network);
        *frame = (struct board_frame){NULL, for_network.frames};
        __enable_irq();
        if (took) {
            break;
        }
        if (HAL_GetTick() - begin >= timeout_ms) {
            return BOARD_E_TIMEOUT;
        }
        if (!runs || HAL_GetTick() - since >= STALLED_MS) {
            start_again();
            ask_for_frame();
            since = HAL_GetTick();
        }
        if (runs) {
            (void)CMW_CAMERA_Run(); /* exposure and white balance */
        }
    }
    frame->pixels = frames[for_network.taken];
    /* Only pack() ever writes here, and what it wrote was cleaned in board_camera_release. */
    dcache_maintain(DCACHE_INVALIDATE, (uint32_t)frame->pixels, pitch * height, false);
    pack(frames[for_network.taken]);
    return 0;
}

void board_camera_release(void) {
    if (pitch != width * BYTES) {
        dcache_maintain(DCACHE_CLEAN_INVALIDATE, (uint32_t)frames[for_network.taken], pitch * height, true);
    }
    __disable_irq();
    rotation_release(&for_network);
    __enable_irq();
}
