"""Every recorded failure is one cause and one remedy; every other text is neither a failure nor a success by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from n6gen.errors import BoardError, InputError, MissingToolError
from n6gen.programmer import console
from n6gen.programmer.failures import BY_NAME, FAILURES, LIMITS, SYNTHETIC
from tests.programmer.recorded import EXPECTED, OTHER, WRITE, recordings

pytestmark = pytest.mark.shared


@pytest.fixture
def logs(shared: Path) -> dict[tuple[str, str], tuple[str, int | None]]:
    return recordings(shared / "fixtures" / "programmer")


def judged(output: str, code: int | None, wants: tuple[str, ...]) -> str | None:
    failure = console.verdict(console.lines_of(output), code, wants=wants)
    return failure.name if failure else None


def test_all_logs_are_classified(logs: dict[tuple[str, str], tuple[str, int | None]]) -> None:
    """No log is left out, and each is what reading it says."""
    assert set(logs) == set(EXPECTED)
    found = {key: judged(output, code, EXPECTED[key][0]) for key, (output, code) in logs.items()}
    assert found == {key: name for key, (_, name) in EXPECTED.items()}


def test_colours_and_line_ends_change_nothing(logs: dict[tuple[str, str], tuple[str, int | None]]) -> None:
    """Terminal sequences, Windows line ends and a bar that overwrites itself are looked through."""
    for key, (output, code) in logs.items():
        dressed = "\x1b[36m\x1b[01m" + output.replace("\n", "\x1b[0m\r\n").replace("Error", "\x1b[31mError")
        assert judged(dressed, code, EXPECTED[key][0]) == EXPECTED[key][1], key


def test_a_failure_is_found_behind_success(logs: dict[tuple[str, str], tuple[str, int | None]]) -> None:
    """Exit status 0 and the lines of a success do not outweigh a complaint: both were seen together."""
    good, _ = logs["cubeprog-2.23.0-f446re-flash.json", "flash_ok_verify_reset"]
    for key, (output, _) in logs.items():
        if EXPECTED[key][1] not in {None, "unfinished"}:
            assert judged(good + output, 0, WRITE) == judged(output, 0, OTHER) == EXPECTED[key][1]


def test_success_needs_all_of_it(logs: dict[tuple[str, str], tuple[str, int | None]]) -> None:
    """Cut after any line, the log of a success is no success; nor is it with an exit status or a strange complaint."""
    good, _ = logs["cubeprog-2.23.0-f446re-flash.json", "flash_ok_verify_reset"]
    lines = good.splitlines()
    last = next(i for i, line in enumerate(lines) if "Download verified successfully" in line)
    for count in range(last + 1):
        assert judged("\n".join(lines[:count]), 0, WRITE) == "unfinished"
    assert judged(good, 0, WRITE) is None
    assert judged(good, 1, WRITE) == "unfinished"
    assert judged(good, -9, WRITE) == "unfinished"
    assert judged(good + "Error: the moon is in the wrong phase\n", 0, WRITE) == "not-understood"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ST-LINK error (DEV_TARGET_CMD_ERR)", "protocol"),
        ("Voltage     : 0.00V\nError: Unable to get core ID\nError: No STM32 target found!", "no-power"),
        (
            "Error: Sector erase operation has failed at least for one of the existing specified sectors.",
            "erase-refused",
        ),
        ("Error: Mass erase operation failed. Please verify flash protection", "erase-refused"),
        ("STM32CubeProgrammer v2.20.0\nError: failed to erase memory", "bad-version"),
        ("Error: No ST-Link detected!", "no-probe"),
        ("Error: failed to download the File", "write-failed"),
        ("No debug probes were found.", "no-probe"),
        ("Error: No connected probes were found.", "no-probe"),
        ("[0]: STLINK-V3 -- 0483:3754:0039 (ST-LINK) (inaccessible)", "no-permission"),
        ("Error: Failed to open the debug probe.\nCaused by:\n  The selected USB device could not be opened.", "busy"),
        ("Error: Connecting to the chip was unsuccessful.", "no-target"),
        ("Failed to erase flash sector at address 0x70100000.", "erase-refused"),
    ],
)
def test_texts_of_the_reference(text: str, name: str) -> None:
    """What the reference quotes without a log, and what probe-rs says."""
    assert judged(text, 1, OTHER) == name


def test_every_failure_says_what_to_do() -> None:
    """Names are unique; causes and remedies are there; exit codes are 3, 4 or 5; retries end."""
    every = [*FAILURES, *SYNTHETIC]
    assert len({failure.name for failure in every}) == len(every)
    assert all(failure.patterns for failure in FAILURES)
    for failure in every:
        assert failure.cause
        assert failure.remedy == "{develop}" or failure.remedy.endswith((".", "`", "build."))
        assert failure.error in {BoardError, InputError, MissingToolError}
        assert failure.retry is None or sum(failure.retry.waits) < 10


def test_only_what_helps_is_tried_again() -> None:
    """As the reference has it: a busy probe with patience, a lost one once, no target once under reset."""
    again = {failure.name: failure.retry for failure in FAILURES if failure.retry}
    assert set(again) == {"busy", "protocol", "no-target"}
    assert [len(retry.waits) for retry in again.values()] == [3, 1, 1]
    assert again["no-target"].changes == {"mode": "UR"}


def test_limits_grow_with_the_work() -> None:
    """120 s and 20 ms a KiB."""
    assert LIMITS.work(0) == 120
    assert LIMITS.work(10 << 20) == pytest.approx(120 + 204.8)


def test_probes_of_a_list(logs: dict[tuple[str, str], tuple[str, int | None]]) -> None:
    """Serial number, firmware (none: in use) and board of each; serial ports are no probes."""
    output, _ = logs["f103-2.17.0-list-all-one-probe-busy.txt", ""]
    found = console.probes_in(console.lines_of(output))
    assert [(one.serial, one.firmware, one.board) for one in found] == [
        ("5&1E237D3C&0&3", "", ""),
        ("56FF6F066682495259282187", "V2J45S7", ""),
    ]
    text = (
        "ST-Link Probe 0 :\n   ST-LINK SN  : 0039\n   ST-LINK FW  : V3J17M10\n   Access Port Number  : 1\n"
        "   Board Name  : STM32N6570-DK\n----\n\n=====  UART Interface  =====\nBoard Name : OTHER\nST-LINK SN : 1\n"
    )
    assert console.probes_in(console.lines_of(text)) == [console.Listed("0039", "V3J17M10", "STM32N6570-DK")]


def test_the_banner(logs: dict[tuple[str, str], tuple[str, int | None]]) -> None:
    """Fields by name, with or without the spaces that publishing took away; the first of two."""
    output, _ = logs["n6570dk-2.20.0-connect-before-erase-failure-partial.txt", ""]
    found = console.banner(console.lines_of(output))
    assert (found["ST-LINK SN"], found["Board"], found["Revision ID"], found["Voltage"]) == (
        "002100363234510E37333934",
        "STM32N6570-DK",
        "Rev B",
        "3.27V",
    )
    assert console.version_in(console.lines_of(output)) == (2, 20, 0)
    output, _ = logs["h743-2.9.0-external-loader-download-segment-fails.txt", ""]
    assert console.version_in(console.lines_of(output)) == (2, 9, 0)


@given(st.text(), st.sampled_from([None, 0, 1, -9]), st.sampled_from([OTHER, WRITE]))
def test_any_text(output: str, code: int | None, wants: tuple[str, ...]) -> None:
    """Nothing breaks the reader, nothing passes for a success that did not say so, no control character gets out."""
    lines = console.lines_of(output)
    failure = console.verdict(lines, code, wants=wants)
    if wants or code:
        assert failure is not None or all(any(text in line for line in lines) for text in wants)
    console.probes_in(lines)
    console.banner(lines)
    assert not set(console.complaint(lines)) & {chr(c) for c in (*range(32), 127)}


def test_time_outs_are_failures_of_their_own() -> None:
    """Unless the output shows what it waited for."""
    hung = console.verdict(["Erasing external memory sectors [0 39]"], -9, timed_out=True)
    assert hung
    assert hung.name == "hung"
    assert console.verdict(["ST-LINK error (DEV_USB_COMM_ERR)"], -9, timed_out=True) is BY_NAME["wedged"]
