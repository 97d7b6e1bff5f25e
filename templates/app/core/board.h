/* The whole contract between the app and a board. A board layer implements this and nothing else. */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board_config.h" /* BOARD_NAME, BOARD_WINDOW_SIDE and the memory layout, rendered from board.toml */

enum board_error {
    BOARD_E_TIMEOUT = -1, /* nothing came in time */
    BOARD_E_SIZE = -2,    /* the camera cannot give frames of the size asked for */
};

/* An RGB888 picture, rows without padding, of the size given to board_camera_start. */
struct board_frame {
    const uint8_t *pixels;
    uint32_t number; /* counted by the camera; never 0 */
};

/* Clocks, link and timer. Called once, before anything else. */
void board_init(void);

/* Where the weights partition is mapped. */
const uint8_t *board_weights(void);

/* Begin to deliver frames of height x width pixels. 0 or enum board_error. */
int board_camera_start(uint16_t height, uint16_t width);

/* Wait for a frame that was not taken before. It stays valid until the release. 0 or enum board_error. */
int board_camera_acquire(struct board_frame *frame, uint32_t timeout_ms);

/* Give the acquired frame's buffer back to the camera. */
void board_camera_release(void);

/* Memory that nothing else uses, as large as the largest camera frame: for a frame that the host sends. */
uint8_t *board_spare(uint32_t *size);

/* Colours of the mask layer: 0xAARRGGBB for each class. */
void board_display_palette(const uint32_t palette[256]);

/* The hidden layer buffer to draw into: BOARD_WINDOW_SIDE rows of as many bytes, one palette index a pixel. */
uint8_t *board_display_layer(void);

/* Show that buffer. `frame` is the number of the frame its mask belongs to. */
void board_display_present(uint32_t frame);

/* Send all of it; returns when the last byte was handed to the hardware. */
void board_link_write(const void *data, size_t size);

/* Wait for at least one byte; returns how many of at most `size` were read, 0 after the timeout. */
size_t board_link_read(void *data, size_t size, uint32_t timeout_ms);

/* A free-running clock. */
uint64_t board_clock_ticks(void);
uint32_t board_clock_hz(void);

/* A second clock, for the first one to be held against. Where a board has none: 0 Hz, and always 0 ticks. */
uint64_t board_second_ticks(void);
uint32_t board_second_hz(void);

/* Frequencies as the hardware is set now, in Hz; 0 is unknown. */
struct board_clocks {
    uint32_t cpu, npu, bus;
};
struct board_clocks board_clocks(void);

/* Which caches are on, as the hardware is set now: the processor's for instructions and for data, and the NPU's. */
struct board_caches {
    bool instructions, data, npu;
};
struct board_caches board_caches(void);

/* Begin a tick now, so that what follows is always counted from the same phase. A no-op where a tick is one cycle. */
void board_clock_sync(void);

/* Start anew, as after power-on. What was written to the link goes out first. */
_Noreturn void board_reset(void);

/* Do nothing, for ever. */
_Noreturn void board_halt(void);

#endif
