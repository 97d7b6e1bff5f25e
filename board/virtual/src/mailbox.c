/* Camera and display: memory shared with the host (docs/virtual-board.md). */
#include <stddef.h>

#include "board.h"
#include "idle.h"

#define MAGIC 0x4256364Eu
#define VERSION 1u
#define POLL_MS 4u
#define LAYER_SIZE (BOARD_WINDOW_SIDE * BOARD_WINDOW_SIDE)
#define CAMERA_BYTES 3u

_Static_assert(LAYER_SIZE <= BOARD_REGION_LCD0_SIZE && LAYER_SIZE <= BOARD_REGION_LCD1_SIZE, "a layer fits its buffer");

struct mailbox {
    volatile uint32_t magic, version;
    volatile uint32_t frame_posted, frame_taken;
    volatile uint32_t frame_width, frame_height;
    volatile uint32_t layer_shown, presents, presented_frame;
    uint32_t reserved[55];
    volatile uint32_t palette[256];
};

_Static_assert(offsetof(struct mailbox, palette) == 0x100, "the palette is at 0x100");
_Static_assert(sizeof(struct mailbox) <= BOARD_REGION_MAILBOX_SIZE, "the mailbox fits its region");

#define MAILBOX ((struct mailbox *)BOARD_REGION_MAILBOX_BASE)

static uint32_t wanted_width, wanted_height, acquired;

/* The host reads and writes the same memory at the same time: order what is on either side of this. */
static void barrier(void) {
    __asm volatile("dmb" ::: "memory");
}

int board_camera_start(uint16_t height, uint16_t width) {
    wanted_height = height;
    wanted_width = width;
    return (uint32_t)height * width * CAMERA_BYTES <= BOARD_REGION_CAMERA_SIZE ? 0 : BOARD_E_SIZE;
}

int board_camera_acquire(struct board_frame *frame, uint32_t timeout_ms) {
    const uint64_t begin = board_clock_ticks();
    const uint64_t patience = (uint64_t)timeout_ms * (board_clock_hz() / 1000);

    while (MAILBOX->magic != MAGIC || MAILBOX->version != VERSION || MAILBOX->frame_posted == 0 ||
           MAILBOX->frame_posted == MAILBOX->frame_taken) {
        if (board_clock_ticks() - begin >= patience) {
            return BOARD_E_TIMEOUT;
        }
        idle(POLL_MS);
    }
    acquired = MAILBOX->frame_posted;
    barrier();
    if (MAILBOX->frame_width != wanted_width || MAILBOX->frame_height != wanted_height) {
        board_camera_release();
        return BOARD_E_SIZE;
    }
    *frame = (struct board_frame){(const uint8_t *)BOARD_REGION_CAMERA_BASE, acquired};
    return 0;
}

void board_camera_release(void) {
    barrier();
    MAILBOX->frame_taken = acquired;
}

void board_display_palette(const uint32_t palette[256]) {
    for (int i = 0; i < 256; i++) {
        MAILBOX->palette[i] = palette[i];
    }
}

uint8_t *board_display_layer(void) {
    return (uint8_t *)(MAILBOX->layer_shown == 0 ? BOARD_REGION_LCD1_BASE : BOARD_REGION_LCD0_BASE);
}

void board_display_present(uint32_t frame) {
    barrier();
    MAILBOX->layer_shown = MAILBOX->layer_shown == 0;
    MAILBOX->presented_frame = frame;
    barrier();
    MAILBOX->presents = MAILBOX->presents + 1;
}
