/* What comes in over the link, with a way to put back what was read too far. */
#ifndef RECEIVE_H
#define RECEIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As board_link_read, but what was put back comes first. */
size_t receive(void *data, size_t size, uint32_t timeout_ms);

/* Exactly `size` bytes; false if the next one does not come within `gap_ms`. */
bool receive_all(void *data, size_t size, uint32_t gap_ms);

/* Put back what the next receive() shall read: at most a line, and not before the last was read. */
void receive_back(const void *data, size_t size);

#endif
