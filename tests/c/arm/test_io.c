/* Test programs on QEMU's mps3-an547, without a C library's start-up: reset, files of the host by semihosting, and
 * buffers at the very ends of memories, so that reading beyond them is a bus fault. */
#include "test_io.h"

#include <string.h>

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_READ = 0x06, SYS_FLEN = 0x0C, SYS_EXIT_EXTENDED = 0x20 };
enum { OPEN_READ = 1, OPEN_WRITE = 5 };
#define APPLICATION_EXIT 0x20026u

/* Two RAMs with nothing behind them, and parts of a third one. */
static uint8_t *const ends[] = {(uint8_t *)0x21400000, (uint8_t *)0x01200000};
static uint8_t *const cases = (uint8_t *)0x60000000, *const answers = (uint8_t *)0x68000000;
static uint8_t *const room = (uint8_t *)0x78000000;
#define CASES_MAX 0x8000000u
#define ANSWERS_MAX 0x8000000u
#define GUARD 4096u
#define COUNTER ((volatile uint32_t *)0x58100000)

static uint32_t cases_left, answered, exact, room_size;
static const uint8_t *at;

static uint32_t ask_host(uint32_t operation, const uint32_t *words) {
    register uint32_t r0 __asm("r0") = operation;
    register const uint32_t *r1 __asm("r1") = words;
    __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void __attribute__((noreturn)) leave(uint32_t code) {
    const uint32_t words[] = {APPLICATION_EXIT, code};
    (void)ask_host(SYS_EXIT_EXTENDED, words);
    for (;;) {
    }
}

static uint32_t open_file(const char *name, uint32_t mode) {
    const uint32_t words[] = {(uint32_t)name, mode, (uint32_t)strlen(name)};
    const uint32_t file = ask_host(SYS_OPEN, words);
    if (file == UINT32_MAX) {
        leave(2);
    }
    return file;
}

/* Both operations return how many bytes are left over. */
static void transfer(uint32_t operation, uint32_t file, const uint8_t *data, uint32_t size) {
    const uint32_t words[] = {file, (uint32_t)data, size};
    if (ask_host(operation, words) != 0) {
        leave(2);
    }
}

bool test_take(void *to, size_t size) {
    if (size > cases_left) {
        return false;
    }
    memcpy(to, at, size);
    at += size;
    cases_left -= size;
    return true;
}

void test_answer(const void *data, size_t size) {
    if (answered + size > ANSWERS_MAX) {
        leave(3);
    }
    memcpy(answers + answered, data, size);
    answered += size;
}

const void *test_exact(size_t size) {
    if (exact == sizeof ends / sizeof ends[0]) {
        leave(3);
    }
    uint8_t *const buffer = ends[exact++] - size;
    return test_take(buffer, size) ? buffer : NULL;
}

uint8_t *test_room(size_t size) {
    room_size = size;
    memset(room, 0xEE, GUARD + size + GUARD);
    return room + GUARD;
}

void test_release(void) {
    for (uint32_t i = 0; i < GUARD; i++) {
        if (room[i] != 0xEE || room[GUARD + room_size + i] != 0xEE) {
            leave(4);
        }
    }
    room_size = exact = 0;
}

uint32_t test_ticks(void) {
    return COUNTER[2];
}

static void __attribute__((used, noreturn)) start(void) {
    const uint32_t file = open_file("cases.bin", OPEN_READ);
    cases_left = ask_host(SYS_FLEN, &file);
    if (cases_left > CASES_MAX) {
        leave(3);
    }
    transfer(SYS_READ, file, cases, cases_left);
    at = cases;
    COUNTER[0] = 1;
    test_run();
    transfer(SYS_WRITE, open_file("answers.bin", OPEN_WRITE), answers, answered);
    leave(0);
}

static void __attribute__((noreturn)) on_fault(void) {
    leave(70);
}

/* FPU and Helium on (CPACR), loops of the processor's own (CCR.LOB), no predication left over (FPSCR.LTPSIZE). */
static void __attribute__((naked, noreturn)) on_reset(void) {
    __asm volatile("ldr  r0, =0xE000ED88\n\t"
                   "ldr  r1, =0x00F00000\n\t"
                   "str  r1, [r0]\n\t"
                   "ldr  r0, =0xE000ED14\n\t"
                   "ldr  r1, [r0]\n\t"
                   "orr  r1, r1, #0x80000\n\t"
                   "str  r1, [r0]\n\t"
                   "dsb\n\t"
                   "isb\n\t"
                   "mov  r0, #0x40000\n\t"
                   "vmsr fpscr, r0\n\t"
                   "b    start\n\t"
                   ".ltorg");
}

extern uint32_t link_stack_top[];

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))link_stack_top,
    on_reset,
    on_fault,
    on_fault,
    on_fault,
    on_fault,
    on_fault,
    on_fault,
    on_fault,
    on_fault,
    on_fault,
    on_fault,
    on_fault,
    on_fault,
    on_fault,
    on_fault,
};
