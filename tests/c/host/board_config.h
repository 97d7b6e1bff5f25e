/* The host as a board, for tests. */
#ifndef BOARD_CONFIG_H
#define BOARD_CONFIG_H

#define BOARD_NAME "host"
#define BOARD_WINDOW_SIDE 480u
#define BOARD_WEIGHTS_ADDRESS 0u

#endif
