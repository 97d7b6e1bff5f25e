/* What each layer of the network costs. */
#ifndef PROFILE_H
#define PROFILE_H

#include "telemetry.h"

/* Take a frame, run it with a look at the clock behind every layer, and send what they took; or return why not. */
const char *profile_send(const struct telemetry_record *record);

#endif
