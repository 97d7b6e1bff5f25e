/* The commands of docs/protocol.md: hello, run, mask, reset. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stddef.h>

/* Carry out the command in a received line (without its newline). Anything that is no command for us is ignored. */
void command_handle(const char *line, size_t length);

#endif
