"""Every way in which programmers were seen to fail: how their output shows it, what it means, what to do.

Data only. A failure has one cause and one remedy; where the reference says that trying again helps, it also has a rule
how often and with what changed. Everything else is not tried again: a second attempt only hides the first.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from n6gen.errors import BoardError, InputError, MissingToolError, N6genError


@attrs.frozen
class Retry:
    """When to try again: `waits` are the seconds before each further attempt, `changes` its connect options."""

    waits: tuple[float, ...]
    changes: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Failure:
    """One failure.

    `patterns`: regular expressions that must all be found in the output, in any line (none: it does not show there).
    `error`: what n6gen raises. In texts, `{develop}` is the board's sentence for the switch position to program it.
    """

    name: str
    cause: str
    remedy: str
    patterns: tuple[str, ...] = ()
    error: type[N6genError] = BoardError
    retry: Retry | None = None


_BUSY_WAITS = (1.0, 2.0, 4.0)
_NO_TARGET = r"No STM32 target found|Unable to get core ID|Cannot connect to access port|Target unknown error 32"
_NO_PROBE = (
    r"No debug probe detected|No ST-Link detected|No (debug|connected) (debug )?probes"
    r"|debug probe was not found|^Error: open failed"
)
_ERASE = r"failed to erase memory|[Ee]rase operation (has )?failed|Failed to erase flash sector"

#: Most specific first: the first whose patterns are all there is the one.
FAILURES = (
    Failure(
        "no-permission",
        "a probe is connected, but this user may not open it",
        "Allow it: on Linux a udev rule for USB 0483:37xx (STM32CubeProgrammer brings one in Drivers/rules), in a "
        "container pass the USB device through, in WSL `usbipd attach`.",
        (r"DEV_NO_STLINK|\(inaccessible\)",),
        MissingToolError,
    ),
    Failure(
        "busy",
        "another program uses the probe",
        "End it (ST-LINK_gdbserver, an IDE, OpenOCD), then run n6gen again.",
        (r"DEV_CONNECT_ERR|USB device could not be opened",),
        retry=Retry(_BUSY_WAITS),
    ),
    Failure(
        "wedged",
        "the probe no longer answers on USB",
        "Unplug the board's debug USB cable and plug it in again (WSL: `usbipd detach`, then `attach`).",
        (r"DEV_USB_COMM_ERR",),
    ),
    Failure(
        "protocol",
        "the probe and the processor lost each other",
        "Unplug the board, plug it in again, and use a shorter cable.",
        (r"DEV_TARGET_CMD_ERR",),
        retry=Retry((0.5,), {"mode": "UR", "freq": "1000"}),
    ),
    Failure(
        "no-probe",
        "no debug probe is connected",
        "Connect the board's debug USB port (STLINK, CN6 on the STM32N6570-DK) with a cable that carries data.",
        (_NO_PROBE,),
    ),
    Failure(
        "no-power",
        "the processor has no power (the probe measures 0 V)",
        "Power the board, and check its power jumper.",
        (r"Voltage\s*:\s*0\.0", _NO_TARGET),
    ),
    Failure(
        "no-target",
        "the probe reaches no processor: on an STM32N6, the boot switches are not in the development position",
        "{develop}",
        (_NO_TARGET + "|Connecting to the chip was unsuccessful",),
        retry=Retry((0.0,), {"mode": "UR"}),
    ),
    Failure(
        "no-halt",
        "the gdb server was asked to halt the processor, which an STM32N6 does not do",
        "Start the gdb server without --halt and -k; it attaches with -g.",
        (r"Failed to halt target|Target not halted",),
    ),
    Failure(
        "bad-version",
        "STM32CubeProgrammer 2.20.0 is known to fail to erase the flash of an STM32N6",
        "Install STM32CubeProgrammer 2.21 or newer.",
        (r"STM32CubeProgrammer v2\.20\.0", _ERASE),
        MissingToolError,
    ),
    Failure(
        "no-loader",
        "no external loader for these addresses was given or could be loaded",
        "Reinstall STM32CubeProgrammer with its folder ExternalLoader.",
        (r"flash loader cannot be loaded",),
        MissingToolError,
    ),
    Failure(
        "erase-refused",
        "the flash refuses to be erased: the boot switches are in the flash position, or the loader is another board's",
        "{develop}",
        (_ERASE,),
    ),
    Failure(
        "verify-mismatch",
        "the flash does not hold what was written",
        "Cut the board's power and plug it in again, then run `n6gen flash` again.",
        (r"Data mismatch found at address|Download verification failed|[Ff]lash content verification failed",),
    ),
    Failure(
        "write-failed",
        "the loader failed while it wrote: it does not fit the board, or the flash is in a state that it cannot leave",
        "Cut the board's power and plug it in again, then run `n6gen flash` again.",
        (r"failed to download|The page write of the page",),
    ),
    Failure(
        "bad-extension",
        "the programmer does not take a file of this name",
        "Rename it to .bin: `cp network.raw network.bin`.",
        (r"has a wrong\s+extension",),
        InputError,
    ),
    Failure(
        "bad-hex",
        "the file is no sound Intel HEX",
        "Make it again: n6gen build.",
        (r"Parsing fail|expecting hex digit",),
        InputError,
    ),
)

BY_NAME: Mapping[str, Failure] = {failure.name: failure for failure in FAILURES}

#: What explains a run that did not say that it succeeded and shows no failure, by the version in its banner.
KNOWN_BAD = {(2, 20, 0): BY_NAME["bad-version"]}

UNFINISHED = Failure(
    "unfinished",
    "the programmer ended without saying that it was done",
    "Run `n6gen flash` again: it finds out what is on the board and finishes.",
)
HUNG = Failure(
    "hung",
    "the programmer did not end in time and was stopped",
    "Unplug the board's debug USB cable and plug it in again (WSL: `usbipd detach`, then `attach`).",
)
NOT_UNDERSTOOD = Failure(
    "not-understood",
    "the programmer reported an error that n6gen does not know",
    "Read the log; if it is clear what happened, please report it so that n6gen knows it too.",
)
SYNTHETIC = (UNFINISHED, HUNG, NOT_UNDERSTOOD)


@attrs.frozen
class Limits:
    """Seconds until a call of a programmer is stopped: flat, and for each 1024 bytes that it reads or writes."""

    list_s: float = 20.0
    version_s: float = 20.0
    connect_s: float = 30.0
    work_s: float = 120.0
    work_per_kib_s: float = 0.020

    def work(self, size: int) -> float:
        """For a call that reads or writes `size` bytes."""
        return self.work_s + size / 1024 * self.work_per_kib_s


LIMITS = Limits()
