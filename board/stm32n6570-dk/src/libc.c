/*
 * What the C library asks of a system. The vendor's code prints nothing that matters and opens no files; where it
 * checks an assumption and finds it broken, that is said.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/stat.h>

#include "board.h"
#include "system.h"

void __assert_func(const char *file, int line, const char *function, const char *expression);
void __assert_func(const char *file, int line, const char *function, const char *expression) {
    (void)file;
    (void)line;
    say("n6gen: the vendor's code found an assumption of its own broken:");
    say(function != NULL ? function : "?");
    say(expression);
    board_halt();
}

int _write(int file, const char *text, int length);
int _write(int file, const char *text, int length) {
    (void)file;
    board_link_write(text, (size_t)length);
    return length;
}

void *_sbrk(intptr_t change);
void *_sbrk(intptr_t change) {
    (void)change;
    errno = ENOMEM; /* there is no heap */
    return (void *)-1;
}

int _read(int file, char *text, int length);
int _read(int file, char *text, int length) {
    (void)file;
    (void)text;
    (void)length;
    return 0;
}

int _close(int file);
int _close(int file) {
    (void)file;
    return -1;
}

int _lseek(int file, int offset, int whence);
int _lseek(int file, int offset, int whence) {
    (void)file;
    (void)offset;
    (void)whence;
    return 0;
}

int _fstat(int file, struct stat *status);
int _fstat(int file, struct stat *status) {
    (void)file;
    status->st_mode = S_IFCHR;
    return 0;
}

int _isatty(int file);
int _isatty(int file) {
    (void)file;
    return 1;
}

void _exit(int status);
void _exit(int status) {
    (void)status;
    board_halt();
}

int _kill(int process, int signal);
int _kill(int process, int signal) {
    (void)process;
    (void)signal;
    return -1;
}

int _getpid(void);
int _getpid(void) {
    return 1;
}
