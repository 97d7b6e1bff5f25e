/* The loop: camera, input, network, decode, present; and what each stage of it cost. */
#ifndef LOOP_H
#define LOOP_H

#include <stdint.h>

#include "app_config.h"

#define LOOP_SAMPLES_MAX 256u
#define LOOP_MASK_SIZE ((uint32_t)APP_MASK_HEIGHT * APP_MASK_WIDTH)

enum loop_error {
    LOOP_E_CAMERA = -1, /* no frame came in time */
    LOOP_E_SIZE = -2,   /* the camera cannot give frames of the network's size */
    LOOP_E_NETWORK = -3,
    LOOP_E_DECODE = -4,
};

/* One pass of the loop: its index, its frame's number, and the ticks of each stage and of the whole pass. */
struct loop_sample {
    uint32_t index, frame;
    uint32_t wait, input, network, decode, present, loop;
};

/* Once, after network_init. */
void loop_init(void);

/*
 * Take `frames` frames and run each `repeat` times, with signs of life in between. Of the passes' samples the last
 * `kept` are there afterwards, at most LOOP_SAMPLES_MAX. 0 or enum loop_error.
 */
int loop_run(uint32_t frames, uint32_t repeat, uint32_t kept);

/* Take a frame and write it into the network's input. 0 or enum loop_error. */
int loop_feed(void);

/* The word for an error in an answer to the host. */
const char *loop_reason(int error);

/* The samples of the last run; in order, if all were kept. */
const struct loop_sample *loop_samples(void);

/* The mask that the last decode wrote (LOOP_MASK_SIZE bytes), or NULL if there was none or it makes none. */
const uint8_t *loop_mask(void);

#endif
