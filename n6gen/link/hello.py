"""Who a board says it is, and whether that is the one that was expected."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

from n6gen.errors import BoardError
from n6gen.link.protocol import VERSION, ProtocolError, Record, understood

#: Frequencies that a board reads back from its hardware.
CLOCKS = ("cpu_hz", "npu_hz", "bus_hz")
_WORDS = re.compile(r"[a-z0-9]+(,[a-z0-9]+)*")


@attrs.frozen
class Hello:
    """Who the board says it is. Shapes are (height, width) in pixels; `fields` holds all that it said.

    `tick2_hz` is the second clock's, 0 if there is none. `clocks`: cpu_hz, npu_hz and bus_hz as the hardware is set,
    None where it cannot be read. `caches`: those that are on (i, d, npu), None if the board does not tell. `app` and
    `runtime` are versions.
    """

    nonce: str
    board: str
    network: str
    build: str
    tick_hz: int
    tick2_hz: int
    clocks: Mapping[str, int | None]
    caches: tuple[str, ...] | None
    app: str
    runtime: str
    input_shape: tuple[int, int]
    mask_shape: tuple[int, int]
    classes: int
    decode: str
    input: str
    fields: Mapping[str, str]

    @classmethod
    def of(cls, record: Record) -> Hello:
        """From a `hello` record; raises ProtocolError if a field is missing or bad."""
        number, text = record.integer, record.text
        return cls(
            nonce=text("nonce"),
            board=text("board"),
            network=text("network"),
            build=text("build"),
            tick_hz=number("tick_hz"),
            tick2_hz=number("tick2_hz"),
            clocks={name: None if text(name) == "unknown" else number(name) for name in CLOCKS},
            caches=_caches(record.fields.get("caches")),
            app=text("app"),
            runtime=text("runtime"),
            input_shape=(number("in_h"), number("in_w")),
            mask_shape=(number("mask_h"), number("mask_w")),
            classes=number("classes"),
            decode=text("decode"),
            input=text("input"),
            fields=dict(record.fields),
        )


def _caches(said: str | None) -> tuple[str, ...] | None:
    """The caches that a board names, of which later boards may have others."""
    if said is None or said == "none":
        return None if said is None else ()
    if not _WORDS.fullmatch(said):
        raise ProtocolError("caches", f"hello caches={said!a}")
    return tuple(said.split(","))


def checked_hello(record: Record, network: str | None, build: str | None) -> Hello:
    """The hello in a record.

    Raises BoardError for another version of the protocol, another network or build (64 hex digits, if given), or a
    record that lacks something.
    """
    protocol = record.fields.get("protocol")
    if protocol != str(VERSION):
        raise other_version(protocol)
    hello = understood(Hello.of, record)
    for what, mine, its in (("network", network, hello.network), ("build", build, hello.build)):
        if mine is not None and mine != its:
            raise BoardError(f"the board runs {what} {its[:12]}…, not {mine[:12]}…", "Run `n6gen flash`.")
    return hello


def other_version(protocol: str | None) -> BoardError:
    """The refusal of a board of another version; `protocol` is what it speaks, if it says so."""
    its = "another protocol" if protocol is None else f"protocol {protocol}"
    return BoardError(f"the board speaks {its}, this n6gen speaks {VERSION}", "Build and flash again.")
