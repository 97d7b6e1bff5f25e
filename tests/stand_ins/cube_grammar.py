"""What the stand-in of STM32_Programmer_CLI knows: options as the real one's help has them, faults as recorded."""

from __future__ import annotations

#: Options and how many values each may have, as the help has them: (at least, at most).
OPTIONS = {
    "-c": (1, 9), "--connect": (1, 9), "-l": (0, 1), "--list": (0, 1), "-q": (0, 0), "--quietMode": (0, 0),
    "-el": (1, 1), "--extload": (1, 1), "-w": (1, 3), "-d": (1, 3), "--write": (1, 3), "--download": (1, 3),
    "-v": (0, 1), "--verify": (0, 1), "-r": (3, 3), "--read": (3, 3), "-u": (3, 3), "-rst": (0, 0),
    "-hardRst": (0, 0), "-e": (1, 9), "--erase": (1, 9), "--skipErase": (0, 0), "-y": (0, 0), "-vb": (1, 1),
    "-log": (0, 1), "-r32": (2, 2), "-ob": (1, 99), "-otp": (1, 99), "--version": (0, 0), "-version": (0, 0),
}  # fmt: skip
CONNECT = {"port", "freq", "index", "sn", "ap", "mode", "reset", "shared", "tcpport", "speed"}
MODES = {"NORMAL": "Normal", "UR": "Under Reset", "HOTPLUG": "Hot Plug"}

_NO_TARGET = """\
Error: Unable to get core ID
Error: No STM32 target found! If your product embeds Debug Authentication, please perform a discovery using Debug \
Authentication"""
_NO_LOADER = """\
Error: flash loader cannot be loaded.

Reconnecting...

Error: failed to download  Sector[0]
Error: failed to download the File"""
_MISMATCH = """\
Error: Data mismatch found at address 0x10000000 (byte = 0x21 instead of 0x00)
Error: Download verification failed"""

#: What is printed for a fault, and the exit status.
FAULTS: dict[str, tuple[str, int]] = {
    "no-permission": ("ST-LINK error (DEV_NO_STLINK)", 1),
    "busy": ("ST-LINK error (DEV_CONNECT_ERR)", 1),
    "wedged": ("ST-LINK error (DEV_USB_COMM_ERR)", 1),
    "protocol": ("ST-LINK error (DEV_TARGET_CMD_ERR)", 1),
    "no-probe": ("Error: No debug probe detected.", 1),
    "no-target": (_NO_TARGET, 1),
    "erase-refused": ("Error: failed to erase memory\n\n\nError: failed to erase memory", 1),
    "no-loader": (_NO_LOADER, 1),
    "write-failed": ("Error: failed to download Segment[0]\nError: failed to download the File", 1),
    "verify-mismatch": (_MISMATCH, 1),
    # Seen too: a complaint, and an exit status that says that all is well.
    "complains-only": ("Error: Failed to download data!", 0),
    # It ends without a word.
    "vanishes": ("", 0),
}
