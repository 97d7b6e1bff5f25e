"""A few lines of firmware for tests of the machine: answers single letters on the UART."""

from __future__ import annotations

import subprocess
from pathlib import Path

from n6gen.board.facts import load_board
from n6gen.image import stm32

# r: "READY <boot count>", e<byte>: echo, h: hang, l: lock-up, c: frame number and sum of its bytes, p: present a layer.
_SOURCE = r"""
#include <stdint.h>
#define R(address) (*(volatile uint32_t *)(address))
#define MAIL 0x60000000u
#define BYTES(address) ((volatile uint8_t *)(address))

static void put(char c) { while (R(0x49303004) & 1) {} R(0x49303000) = (uint32_t)c; }
static void text(const char *s) { while (*s) put(*s++); }
static void number(uint32_t v) { for (int i = 28; i >= 0; i -= 4) put("0123456789abcdef"[v >> i & 15]); put('\n'); }
static char get(void) { while (!(R(0x49303004) & 2)) {} return (char)R(0x49303000); }

void start(void) {
    R(0x49303010) = 16;
    R(0x49303008) = 3;
    (void)R(0x49303000); /* QEMU looks for input again after a read, not after the receiver was switched on */
    text("READY ");
    number(++R(MAIL + 0x800));
    for (;;) {
        switch (get()) {
        case 'e': put(get()); break;
        case 'h': __asm volatile("hang: b hang"); break;
        case 'l': R(0xE000ED08) = 0x9fffff80; __asm volatile("dsb\n isb\n udf #0"); break;
        case 'c': {
            uint32_t sum = 0, size = 3 * R(MAIL + 0x10) * R(MAIL + 0x14);
            for (uint32_t i = 0; i < size; i++) sum += BYTES(0x60010000)[i];
            R(MAIL + 0x0C) = R(MAIL + 0x08);
            number(sum);
            break;
        }
        case 'p': {
            uint32_t next = R(MAIL + 0x18) == 0;
            volatile uint8_t *layer = BYTES(next ? 0x60280000 : 0x60200000);
            for (uint32_t i = 0; i < 480 * 480; i++) layer[i] = i % 480 >= 240;
            R(MAIL + 0x100) = 0;
            R(MAIL + 0x104) = 0x80ff0000;
            R(MAIL + 0x18) = next;
            R(MAIL + 0x20) = R(MAIL + 0x0C);
            R(MAIL + 0x1C) = R(MAIL + 0x1C) + 1;
            text("SHOWN\n");
            break;
        }
        }
    }
}

__attribute__((section(".vectors"), used)) static void *const vectors[16] = {(void *)0x20080000, (void *)start};
"""

_SCRIPT = """
SECTIONS {
    . = 0x28000400;
    .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) }
    /DISCARD/ : { *(.ARM.*) *(.comment) }
}
"""


def loader_image(folder: Path) -> bytes:
    """The signed image of the firmware, for the virtual board's loader partition."""
    (folder / "loader.c").write_text(_SOURCE)
    (folder / "loader.ld").write_text(_SCRIPT)
    flags = ["-mcpu=cortex-m55", "-mthumb", "-O1", "-ffreestanding", "-nostdlib", "-Wl,--build-id=none"]
    compile_ = ["arm-none-eabi-gcc", *flags, "-T", "loader.ld", "loader.c", "-o", "loader.elf"]
    subprocess.run(compile_, cwd=folder, check=True, capture_output=True)
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", "loader.elf", "loader.bin"], cwd=folder, check=True)
    image = stm32.sign((folder / "loader.bin").read_bytes(), binary_type=stm32.FSBL)
    board = load_board("virtual")
    assert stm32.problems(image, stm32.Place.of(board, board.partition("fsbl"))) == []
    return image
