/* The commands of docs/protocol.md. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* Carry out the command in a received line (without its newline). Anything that is no command for us is ignored. */
void command_handle(const char *line, size_t length);

/* Whether such a line is a record of ours that an echoing link brought back. */
bool command_is_echo(const char *line, size_t length);

#endif
