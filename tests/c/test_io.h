/* What a test program reads and writes: on the host (test_io.c) and on a bare Arm core (arm/test_io.c) alike. It finds
 * its cases in the file cases.bin of the working folder and leaves its answers in answers.bin. */
#ifndef TEST_IO_H
#define TEST_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The program: takes its cases one after the other with test_take until there are none, and answers with test_answer.
 */
void test_run(void);

/* The next `size` bytes of the cases; false behind the last one. */
bool test_take(void *to, size_t size);

void test_answer(const void *data, size_t size);

/* A copy of `size` bytes of the cases that must not be read beyond: a sanitizer or a bus fault ends the program. There
 * can be two at a time. */
const void *test_exact(size_t size);

/* Room for `size` bytes, each 0xEE. */
uint8_t *test_room(size_t size);

/* Done with both. Ends the program if something was written around the room. */
void test_release(void);

/* Instructions so far if the emulator counts them, in ticks of 31.25; 0 on the host. */
uint32_t test_ticks(void);

#endif
