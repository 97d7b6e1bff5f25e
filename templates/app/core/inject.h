/* A frame that the host sends: it takes the camera's place (docs/protocol.md, "Upward transfers"). */
#ifndef INJECT_H
#define INJECT_H

#include <stdbool.h>

#include "board.h"
#include "telemetry.h"

/* Receive a frame, or go back to the camera (size 0); or return why not. */
const char *inject(const struct telemetry_record *record);

/* The frame that the host sent, with a new number at each use; false if the camera's are to be used. */
bool inject_frame(struct board_frame *frame);

/* Whether the spare memory holds a frame. */
bool inject_is_held(void);

/* Back to the camera. */
void inject_end(void);

#endif
