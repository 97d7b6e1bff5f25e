"""What each recorded log is, found by reading it: file, recording in it, kind of call, what n6gen must call it.

The kind says what a success must have said. None: nothing went wrong in it. Files that are no programmer's log are
here too: nothing in them may be taken for a failure.
"""

from __future__ import annotations

import json
from pathlib import Path

from n6gen.programmer.console import WRITTEN

WRITE, WRITE_UNVERIFIED, OTHER = WRITTEN, WRITTEN[:1], ()

EXPECTED: dict[tuple[str, str], tuple[tuple[str, ...], str | None]] = {
    # The raw recordings of 2.23.0, with exit codes.
    ("cubeprog-2.23.0-no-probe.json", "version"): (OTHER, None),
    ("cubeprog-2.23.0-no-probe.json", "list_no_probe"): (OTHER, "no-probe"),
    ("cubeprog-2.23.0-no-probe.json", "connect_no_probe"): (OTHER, "no-probe"),
    ("cubeprog-2.23.0-no-device-node.json", "list_no_access"): (OTHER, "no-permission"),
    ("cubeprog-2.23.0-no-device-node.json", "connect_no_access"): (OTHER, "no-permission"),
    ("cubeprog-2.23.0-f446re-flash.json", "flash_erase_refused"): (WRITE, "erase-refused"),
    ("cubeprog-2.23.0-f446re-flash.json", "flash_ok_verify_reset"): (WRITE, None),
    ("cubeprog-2.23.0-help-excerpt.txt", ""): (OTHER, None),
    # This very board. The first one was published up to its progress bar: that is no proof of a success.
    ("n6570dk-2.22.0-write-hex-hotplug-hardrst.txt", ""): (WRITE_UNVERIFIED, "unfinished"),
    ("n6570dk-2.22.0-otp-displ-head.txt", ""): (OTHER, None),
    ("n6570dk-2.20.0-connect-before-erase-failure-partial.txt", ""): (WRITE_UNVERIFIED, "bad-version"),
    ("n6570dk-wrong-extension-raw-excerpt.txt", ""): (WRITE, "bad-extension"),
    ("n6-gdbserver-halt-fails-excerpt.txt", ""): (OTHER, "no-halt"),
    # Its sister.
    ("nucleo-n657x0q-2.22.0-no-loader-write-at-0-fails.txt", ""): (WRITE_UNVERIFIED, "no-loader"),
    ("nucleo-n657x0q-wrong-boot-mode-excerpt.txt", ""): (OTHER, "no-target"),
    ("nucleo-n657x0q-gdbserver-wrong-boot-mode.txt", ""): (OTHER, "no-target"),
    # Other boards with external loaders, and the rest.
    ("h750-2.19.0-external-loader-write-ok.txt", ""): (WRITE_UNVERIFIED, None),
    ("h743-2.9.0-external-loader-download-segment-fails.txt", ""): (WRITE_UNVERIFIED, "write-failed"),
    ("u599-external-erase-fails-excerpt.txt", ""): (WRITE, "erase-refused"),
    ("h750-2.22.0-external-erase-hang-then-usb-error-excerpt.txt", ""): (WRITE, "wedged"),
    ("f4-2.18.0-verify-mismatch.txt", ""): (WRITE, "verify-mismatch"),
    ("f103-2.17.0-list-all-one-probe-busy.txt", ""): (OTHER, "busy"),
    ("f103-2.17.0-connect-ok.txt", ""): (OTHER, None),
    ("f103-2.17.0-connect-no-target.txt", ""): (OTHER, "no-target"),
    ("hex-parse-error-excerpt.txt", ""): (WRITE, "bad-hex"),
    ("signingtool-2.22.0-nk-fsbl-align-dump.txt", ""): (OTHER, None),
    ("signingtool-align-help-excerpt.txt", ""): (OTHER, None),
    ("stlink-usb-and-vcp-identities.txt", ""): (OTHER, None),
    ("openocd-pyocd-no-probe.json", "openocd_program_no_probe"): (OTHER, "no-probe"),
    ("openocd-pyocd-no-probe.json", "pyocd_flash_no_probe"): (OTHER, "no-probe"),
}


def recordings(folder: Path) -> dict[tuple[str, str], tuple[str, int | None]]:
    """Output and exit code (None: not published) of every recording in the folder of logs."""
    found: dict[tuple[str, str], tuple[str, int | None]] = {}
    for file in sorted(folder.iterdir()):
        if file.suffix == ".json":
            for name, one in json.loads(file.read_text(encoding="utf-8"))["recordings"].items():
                found[file.name, name] = (one["stdout"] + one["stderr"], one["returncode"])
        elif file.suffix == ".txt":
            found[file.name, ""] = (file.read_text(encoding="utf-8"), None)
    return found
