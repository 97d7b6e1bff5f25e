/* The steps of start-up, in the order of board_init. */
#ifndef SYSTEM_H
#define SYSTEM_H

#include <stdbool.h>

/* Core voltage, PLLs and buses: CPU 800 MHz, NPU 1 GHz, NPU RAM 900 MHz, AXI 400 MHz. False if a PLL does not lock. */
bool clocks_init(void);

/* Start the clock that board_second_ticks reads; without the crystal there is none. */
void second_clock_init(void);

/* Power and clock of the NPU, its RAM and its cache; they stay on while the CPU sleeps. */
void npu_init(void);

/* Let camera, display and NPU reach memory as the secure, privileged master that the app is. */
void firewall_init(void);

/* Map PSRAM and NOR. `fast`: 200 MHz, for which the fuse that memory_fuse_is_set asks for is needed; else 50 MHz. */
bool memory_init(bool fast);

/* Whether OTP word 124 lets the memories' pins work at high speed. Read, never written. */
bool memory_fuse_is_set(void);

/* Panel on, both layers cleared. */
bool display_init(void);

/* Show a camera picture of BOARD_WINDOW_SIDE squared RGB565 pixels from the next refresh on. Called by an interrupt. */
void display_show_camera(const void *picture);

/* Say a line that is no record: for what a person should know. */
void say(const char *text);

#endif
