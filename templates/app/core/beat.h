/* Signs of life: what tells a host that waits that the board is slow and not dead. */
#ifndef BEAT_H
#define BEAT_H

/* Send a `beat` record if a session is open and the last one was a second ago. Never called while a stage is timed. */
void beat(void);

#endif
