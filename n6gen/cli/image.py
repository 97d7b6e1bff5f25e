"""`n6gen image`: look into images, sign a payload, check, rebuild."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.shell import command, setting

if TYPE_CHECKING:
    from n6gen.image.inspect import Found

_HEX_FACTS = {"checksum", "entry", "load", "flags", "stack_pointer", "reset_vector", "weights_address"}


@click.group("image", cls=click.RichGroup)
def image() -> None:
    """Images with an STM32 header: look into them, sign, check, rebuild. Needs no tool of ST's."""


@command("show")
@click.argument("path", metavar="FILE|DIR")
@setting("board")
def show(out: Output, path: str, board: str) -> None:
    """Show what a .bin, a .hex or a build folder holds.

    Headers, addresses, ids, and what would keep an image from booting.
    """
    found = _inspect(path, board)
    if not out.for_machine:
        for one in found:
            _show(out, one)
    out.result({"images": [one.as_json() for one in found]})


@command("check")
@click.argument("path", metavar="FILE|DIR")
@setting("board")
def check(out: Output, path: str, board: str) -> None:
    """Check that a board would boot and run what a .bin, a .hex or a build folder holds."""
    from n6gen.image.inspect import check as check_all

    found = _inspect(path, board)
    check_all(found, Path(path))
    names = ", ".join(f"{one.label} ({one.facts.get('type', one.kind)})" for one in found)
    out.show(f"{path}: sound: {names}")
    out.result({"sound": True, "images": [one.as_json() for one in found]})


@command("sign")
@click.argument("payload", metavar="PAYLOAD")
@click.option("-o", "--output", required=True, metavar="FILE", help="The image to write.")
@click.option("--type", "kind", type=click.Choice(["app", "fsbl"]), default="app", show_default=True)
@click.option(
    "--header", type=click.Choice(["2.3", "2.1"]), default="2.3", show_default=True, help="2.1 is for cut 1.1."
)
@click.option("--tool", is_flag=False, flag_value="", default=None, metavar="[PATH]", help="Use STM32_SigningTool_CLI.")
@setting("board")
def sign(out: Output, payload: str, output: str, kind: str, header: str, tool: str | None, board: str) -> None:
    """Make an image of a payload that begins with its vector table.

    The payload goes to 0x400, where the boot ROM and loaders want it. No key is used.
    """
    from n6gen.board import load_board
    from n6gen.errors import InputError
    from n6gen.image import stm32

    facts = load_board(board)
    place = stm32.Place.of(facts, facts.partition(kind))
    source, target = Path(payload), Path(output)
    if not source.is_file():
        raise InputError(f"there is no payload {source}")
    if tool is not None:
        from n6gen.image import signing_tool

        by = str(
            signing_tool.sign(
                source, target, binary_type=place.binary_type, header=header, place=place, program=tool or None
            )
        )
    else:
        data = stm32.sign(source.read_bytes(), binary_type=place.binary_type, header=header)
        problems = stm32.problems(data, place)
        if problems:
            raise InputError(f"{source} would not boot as {kind} of {facts.name}: {problems[0]}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        by = "n6gen"
    out.show(f"{target}: {target.stat().st_size:,} B, type {kind}, header {header}, signed by {by} without a key")
    out.result({"file": str(target), "size": target.stat().st_size, "type": kind, "header": header, "by": by})


@command("rebuild")
@click.argument("source", metavar="IN")
@click.option("-o", "--output", required=True, metavar="FILE", help="The file to write.")
def rebuild(out: Output, source: str, output: str) -> None:
    """Write images anew from payload, type and filler: the same bytes, if they are sound."""
    from n6gen.image.inspect import rebuild as rebuild_all
    from n6gen.tools.files import sha256_file

    count = rebuild_all(Path(source), Path(output))
    same = sha256_file(Path(source)) == sha256_file(Path(output))
    out.show(
        f"{output}: {count} image{'s' if count > 1 else ''} rebuilt, {'identical to' if same else 'not as'} {source}"
    )
    out.result({"file": output, "images": count, "identical": same})


for _command in (show, check, sign, rebuild):
    image.add_command(_command)


def _inspect(path: str, board: str) -> tuple[Found, ...]:
    from n6gen.board import load_board
    from n6gen.image.inspect import inspect

    return inspect(Path(path), load_board(board))


def _show(out: Output, one: Found) -> None:
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    where = f" at {one.address:#010x}" if one.address is not None else ""
    table.add_row(one.label, f"{one.kind}{where}, {len(one.data):,} B")
    for name, value in one.facts.items():
        table.add_row(f"  {name.replace('_', ' ')}", _value(name, value))
    for problem in one.problems:
        table.add_row("  problem", problem)
    out.show(table)


def _value(name: str, value: Any) -> str:
    if isinstance(value, int):
        return f"{value:#010x}" if name in _HEX_FACTS else f"{value:,}"
    return str(value)
