/* The part of the link that only the board layer sees. */
#ifndef LINK_H
#define LINK_H

#include <stdbool.h>

bool link_init(void);

/* Return when the last byte has left. */
void link_flush(void);

void USART1_IRQHandler(void);

#endif
