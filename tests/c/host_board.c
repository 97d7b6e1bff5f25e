/*
 * The board contract on the host: the link is stdin and stdout, the camera a file of RGB frames one after the other
 * ($HOST_FRAMES), the weights a file ($HOST_WEIGHTS), the display a file that each present appends to ($HOST_LCD).
 * A reset exits with 42, a halt with 43, a misuse of the camera with 44, the link's end with 0.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "app_config.h"
#include "board.h"

enum { EXIT_RESET = 42, EXIT_HALT = 43, EXIT_MISUSE = 44 };

#define WEIGHTS_ROOM 4096
#define PAGE 4096u
#define SPARE_ROOM (4u * PAGE)
#define PIXELS (APP_MASK_HEIGHT * APP_MASK_WIDTH * 3)

static _Alignas(64) uint8_t weights[WEIGHTS_ROOM];
static uint8_t layer[BOARD_WINDOW_SIDE * BOARD_WINDOW_SIDE], pixels[PIXELS];
static FILE *camera, *lcd;
static uint32_t frames_taken;
static bool held;

static FILE *open_named(const char *variable, const char *mode) {
    const char *name = getenv(variable);

    return name != NULL ? fopen(name, mode) : NULL;
}

void board_init(void) {
    FILE *file = open_named("HOST_WEIGHTS", "rb");

    if (file == NULL || fread(weights, 1, sizeof weights, file) == 0) {
        exit(1);
    }
    (void)fclose(file);
    camera = open_named("HOST_FRAMES", "rb");
    lcd = open_named("HOST_LCD", "wb");
}

const uint8_t *board_weights(void) {
    return weights;
}

int board_camera_start(uint16_t height, uint16_t width) {
    return (size_t)height * width * 3 == sizeof pixels ? 0 : BOARD_E_SIZE;
}

int board_camera_acquire(struct board_frame *frame, uint32_t timeout_ms) {
    (void)timeout_ms;
    if (held) {
        exit(EXIT_MISUSE);
    }
    if (camera == NULL || fread(pixels, 1, sizeof pixels, camera) != sizeof pixels) {
        return BOARD_E_TIMEOUT;
    }
    held = true;
    *frame = (struct board_frame){pixels, ++frames_taken};
    return 0;
}

/* A frame that was given back must not be read again. */
void board_camera_release(void) {
    if (!held) {
        exit(EXIT_MISUSE);
    }
    held = false;
    memset(pixels, 0xEE, sizeof pixels);
}

/* Memory of which some address lines do not move: one page is seen at every address. */
static uint8_t *aliased(void) {
    uint8_t *all = mmap(NULL, SPARE_ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    FILE *page = tmpfile();

    if (all == MAP_FAILED || page == NULL || ftruncate(fileno(page), PAGE) != 0) {
        exit(1);
    }
    for (uint32_t at = 0; at < SPARE_ROOM; at += PAGE) {
        if (mmap(all + at, PAGE, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_SHARED, fileno(page), 0) == MAP_FAILED) {
            exit(1);
        }
    }
    return all;
}

uint8_t *board_spare(uint32_t *size) {
    static uint8_t spare[PIXELS];
    static uint8_t *bad;

    *size = sizeof spare;
    if (getenv("HOST_ALIASED_RAM") == NULL) {
        return spare;
    }
    bad = bad != NULL ? bad : aliased();
    return bad;
}

void board_display_palette(const uint32_t palette[256]) {
    if (palette[0] != 0) {
        exit(1);
    }
}

uint8_t *board_display_layer(void) {
    return layer;
}

void board_display_present(uint32_t frame) {
    if (lcd != NULL) {
        (void)fwrite(&frame, sizeof frame, 1, lcd);
        (void)fwrite(layer, sizeof layer, 1, lcd);
        (void)fflush(lcd);
    }
    memset(layer, 0xDD, sizeof layer);
}

void board_link_write(const void *data, size_t size) {
    const char *bytes = data;

    while (size > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, size);

        if (written <= 0) {
            exit(1);
        }
        bytes += written;
        size -= (size_t)written;
    }
}

size_t board_link_read(void *data, size_t size, uint32_t timeout_ms) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    ssize_t count;

    if (poll(&input, 1, (int)timeout_ms) <= 0) {
        return 0;
    }
    count = read(STDIN_FILENO, data, size);
    if (count <= 0) {
        exit(0);
    }
    return (size_t)count;
}

uint64_t board_clock_ticks(void) {
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

uint32_t board_clock_hz(void) {
    return 1000000;
}

/* $HOST_CLOCK parts in a thousand faster than the first one. */
uint64_t board_second_ticks(void) {
    const char *faster = getenv("HOST_CLOCK");
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return ((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec) / 100000u *
           (uint64_t)(1000 + (faster != NULL ? atoi(faster) : 0)) / 1000u;
}

uint32_t board_second_hz(void) {
    return getenv("HOST_ONE_CLOCK") != NULL ? 0 : 10000;
}

/* $HOST_CACHES: i, d and n, as many as are on. */
struct board_caches board_caches(void) {
    const char *on = getenv("HOST_CACHES");

    on = on != NULL ? on : "";
    return (struct board_caches){strchr(on, 'i') != NULL, strchr(on, 'd') != NULL, strchr(on, 'n') != NULL};
}

struct board_clocks board_clocks(void) {
    return (struct board_clocks){.cpu = 1000000000u};
}

void board_clock_sync(void) {
}

void board_reset(void) {
    exit(EXIT_RESET);
}

void board_halt(void) {
    exit(EXIT_HALT);
}
