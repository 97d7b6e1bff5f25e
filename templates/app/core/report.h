/* The board's side of the link: session, sequence number, one line buffer. Used by app, loader and fault handler. */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>
#include <stdint.h>

/* Enter a session; the sequence number starts at 0 again. */
void report_session(uint32_t session);
uint32_t report_current_session(void);

/* Begin a record, add its keys, send it. A record that does not fit into a line is not sent. */
void report_begin(const char *type);
void report_text(const char *key, const char *value);
void report_u32(const char *key, uint32_t value);
void report_word(const char *key, uint32_t value);
/* Ticks, as 16 hex digits. */
void report_ticks(const char *key, uint64_t ticks);
void report_hex(const char *key, const uint8_t *bytes, size_t size);
void report_send(void);

/* End whatever was being written, so that the next record stands on a line of its own. */
void report_newline(void);

/* Send `data` as a bulk transfer. */
void report_bulk(const char *name, const uint8_t *data, uint32_t size);

#endif
