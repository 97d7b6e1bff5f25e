/* Who the board is, and the beginning of a session. */
#ifndef HELLO_H
#define HELLO_H

#include "telemetry.h"

/* Enter the session that the host asks for and say who this is; or return why not. */
const char *hello(const struct telemetry_record *record);

#endif
