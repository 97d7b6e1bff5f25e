/* The records that say how a command went. */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdint.h>

/* It is understood and under way. */
void answer_ok(const char *command, uint32_t ref);

/* It is finished: for a command that sends nothing else in the end. */
void answer_done(const char *command, uint32_t ref);

/* It was not carried out, or not to its end. */
void answer_error(const char *command, uint32_t ref, const char *reason);

#endif
