/*
 * The loop, one frame at a time. Each stage works on what the one before it left in `slot`: with a second slot and a
 * camera that fills ahead, stages of neighbouring frames can overlap.
 */
#include "loop.h"

#include <stdbool.h>
#include <stddef.h>

#include "beat.h"
#include "board.h"
#include "decode.h"
#include "inject.h"
#include "input.h"
#include "network.h"
#include "palette.h"
#include "present.h"

#define CAMERA_TIMEOUT_MS 10000u

/* What one frame needs on its way through the stages. */
struct slot {
    struct board_frame frame;
    uint8_t mask[LOOP_MASK_SIZE > 0 ? LOOP_MASK_SIZE : 1]; /* without a mask, one pixel that stays background */
    bool from_host;
};

static struct slot slot;
static struct decode_head head;
static struct loop_sample samples[LOOP_SAMPLES_MAX];
static bool decoded, camera_runs;

static uint32_t ticks_since(uint64_t *mark) {
    const uint64_t now = board_clock_ticks();
    const uint64_t ticks = now - *mark;

    *mark = now;
    return ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

static int take_frame(void) {
    int result;

    slot.from_host = inject_frame(&slot.frame);
    if (slot.from_host) {
        return 0;
    }
    if (!camera_runs) {
        if (board_camera_start(network_input_info.height, network_input_info.width) != 0) {
            return LOOP_E_SIZE;
        }
        camera_runs = true;
    }
    result = board_camera_acquire(&slot.frame, CAMERA_TIMEOUT_MS);
    if (result != 0) {
        camera_runs = false; /* the next run starts it again */
        return result == BOARD_E_SIZE ? LOOP_E_SIZE : LOOP_E_CAMERA;
    }
    return 0;
}

static void release_frame(void) {
    if (!slot.from_host) {
        board_camera_release();
    }
}

/* Input, network, decode and present of the frame in the slot. */
static int process(struct loop_sample *sample, uint64_t *mark) {
    input_write(&app_input_map, &network_input_info, slot.frame.pixels, network_input());
    sample->input = ticks_since(mark);
    if (network_run() != 0) {
        return LOOP_E_NETWORK;
    }
    sample->network = ticks_since(mark);
    if (APP_DECODE(&head, network_output(), slot.mask) != 0) {
        return LOOP_E_DECODE;
    }
    decoded = true;
    sample->decode = ticks_since(mark);
    present_draw(slot.mask, board_display_layer());
    board_display_present(slot.frame.number);
    sample->present = ticks_since(mark);
    return 0;
}

void loop_init(void) {
    uint32_t palette[256];

    head = (struct decode_head){
        .height = network_output_info.height,
        .width = network_output_info.width,
        .classes = network_output_info.channels,
        .mask_height = APP_MASK_HEIGHT,
        .mask_width = APP_MASK_WIDTH,
        .order = network_output_info.order,
        .type = network_output_info.type,
        .scale = network_output_info.scale,
        .zero_point = network_output_info.zero_point,
    };
    palette_fill(palette);
    board_display_palette(palette);
    present_init(APP_MASK_HEIGHT, APP_MASK_WIDTH);
}

int loop_run(uint32_t frames, uint32_t repeat, uint32_t kept) {
    uint32_t index = 0;
    int result = 0;

    for (uint32_t frame = 0; frame < frames && result == 0; frame++) {
        uint64_t begin = board_clock_ticks();

        result = take_frame();
        if (result != 0) {
            return result;
        }
        for (uint32_t pass = 0; pass < repeat && result == 0; pass++, index++) {
            struct loop_sample *sample = &samples[index % kept];
            uint64_t mark = begin;

            *sample = (struct loop_sample){.index = index, .frame = slot.frame.number};
            sample->wait = ticks_since(&mark);
            board_clock_sync();
            mark = board_clock_ticks();
            result = process(sample, &mark);
            sample->loop = ticks_since(&begin);
            beat();
            begin = board_clock_ticks(); /* a sign of life is in no sample */
        }
        release_frame();
    }
    return result;
}

int loop_feed(void) {
    const int result = take_frame();

    if (result == 0) {
        input_write(&app_input_map, &network_input_info, slot.frame.pixels, network_input());
        release_frame();
    }
    return result;
}

const char *loop_reason(int error) {
    switch (error) {
    case LOOP_E_CAMERA:
        return "camera-timeout";
    case LOOP_E_SIZE:
        return "frame-size";
    case LOOP_E_NETWORK:
        return "network";
    default:
        return "decode";
    }
}

const struct loop_sample *loop_samples(void) {
    return samples;
}

const uint8_t *loop_mask(void) {
    return decoded && LOOP_MASK_SIZE > 0 ? slot.mask : NULL;
}
