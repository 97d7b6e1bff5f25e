"""`n6gen measure`: run frames on a board and say what each stage cost and whether the masks are right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.shell import command, setting
from n6gen.errors import ExitCode

if TYPE_CHECKING:
    from PIL.Image import Image

    from n6gen.emulator.machine import Machine
    from n6gen.measure.session import FrameResult, Session


@command("measure", json_file=True)
@setting("build")
@setting("sn")
@click.option("--frames", "first_frames", multiple=True, metavar="PATH…", help="Pictures, or folders of them.")
@click.argument("more_frames", nargs=-1, metavar="")
@click.option("--scene", default=4, show_default="4", help="Without --frames: so many frames of a generated scene.")
@click.option("--masks", metavar="DIR", help="Save each mask as a PNG of class indices.")
@click.option("--lcd", metavar="FILE", help="Save what the LCD showed last.")
@click.option("--lcd-dir", metavar="DIR", help="Save what the LCD showed for each frame.")
@click.option("--show", is_flag=True, help="Draw what the LCD showed last in the terminal.")
@click.option("--timeout", type=float, default=60.0, show_default="60", help="Seconds that one inference may take.")
def measure(
    out: Output,
    build: str,
    sn: str | None,
    first_frames: tuple[str, ...],
    more_frames: tuple[str, ...],
    scene: int,
    masks: str | None,
    lcd: str | None,
    lcd_dir: str | None,
    show: bool,
    timeout: float,
) -> int:
    """Run frames on the board that holds a build; check every mask against the integer reference.

    The clock of the virtual board is deterministic: each frame is run twice and must cost the same.
    """
    from n6gen.board import load_board
    from n6gen.emulator.instance import open_instance
    from n6gen.image.manifest import read_manifest
    from n6gen.measure.frames import find_pictures, frames_for
    from n6gen.measure.virtual import measure_virtual
    from n6gen.programmer.registry import choose
    from n6gen.report.pictures import save_mask, save_picture

    folder = Path(build)
    pictures = find_pictures([Path(path) for path in (*first_frames, *more_frames)])
    manifest = read_manifest(folder)
    instance = open_instance(choose(load_board(manifest.board), sn)[1])
    frames = frames_for(pictures, scene, manifest.model["height"])

    with out.progress("measuring", len(frames)) as advance:
        done = 0

        def on_frame(result: FrameResult, machine: Machine) -> None:
            nonlocal done
            done += 1
            advance(done)
            if masks is not None:
                save_mask(result.mask, Path(masks) / f"{result.name}.png")
            if lcd_dir is not None:
                save_picture(machine.lcd.picture(), Path(lcd_dir) / f"{result.name}.png")
            if done == len(frames):
                _last_picture(out, machine.lcd.picture(), lcd, show=show)

        session = measure_virtual(instance, folder, manifest, frames, timeout=timeout, on_frame=on_frame)
    _show(out, session)
    out.result(session.as_json())
    return ExitCode.OK if session.exact else ExitCode.NEGATIVE


def _last_picture(out: Output, picture: Image, file: str | None, *, show: bool) -> None:
    from n6gen.report.pictures import save_picture
    from n6gen.report.terminal import half_blocks

    if file is not None:
        save_picture(picture, Path(file))
    if show and out.out.is_terminal:
        out.show(half_blocks(picture, min(out.out.width, 100)))


def _show(out: Output, session: Session) -> None:
    if out.for_machine:
        return
    from n6gen.report.table import frame_table, stage_table

    values = session.as_json()
    unit = f"{session.unit} (emulated)"
    verdict = "every pixel equals the integer reference" if session.exact else "some pixels differ from the reference"
    out.show(stage_table(unit, values["stages"]), frame_table(values["frames"]), f"Verdict: {verdict}.")
