/*
 * Three buffers between a camera and its reader: one is filled, one is ready, one may be read. What is ready and was
 * not taken when the next comes is dropped; as all are counted, a gap between two numbers says how many were.
 */
#ifndef ROTATION_H
#define ROTATION_H

#include <stdbool.h>
#include <stdint.h>

#define ROTATION_BUFFERS 3
#define ROTATION_NONE (-1)

struct rotation {
    int8_t filling, ready, taken;
    uint32_t frames; /* so many came, which is the number of the newest */
};

static inline void rotation_start(struct rotation *rotation) {
    rotation->filling = 0;
    rotation->ready = ROTATION_NONE;
    rotation->taken = ROTATION_NONE;
}

/* The buffer that was being filled is full: returns the one to fill next. */
static inline int rotation_filled(struct rotation *rotation) {
    rotation->ready = rotation->filling;
    rotation->frames++;
    for (int8_t next = 0; next < ROTATION_BUFFERS; next++) {
        if (next != rotation->ready && next != rotation->taken) {
            rotation->filling = next;
        }
    }
    return rotation->filling;
}

/* Take what is ready; false if nothing is. It stays untouched until the next take or release. */
static inline bool rotation_take(struct rotation *rotation) {
    if (rotation->ready == ROTATION_NONE) {
        return false;
    }
    rotation->taken = rotation->ready;
    rotation->ready = ROTATION_NONE;
    return true;
}

static inline void rotation_release(struct rotation *rotation) {
    rotation->taken = ROTATION_NONE;
}

#endif
