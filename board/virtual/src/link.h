/* The part of the link that only the board layer sees. */
#ifndef LINK_H
#define LINK_H

void link_init(void);

/* Return when the last byte has left. */
void link_flush(void);

#endif
