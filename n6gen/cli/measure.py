"""`n6gen measure`: run frames on a board and say what each stage cost and whether the masks are right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.reach import port_options, reach
from n6gen.cli.report import Wanted, deliver, report_options
from n6gen.cli.shell import command, setting
from n6gen.errors import InputError, N6genError

if TYPE_CHECKING:
    from PIL.Image import Image

    from n6gen.measure.session import FrameResult
    from n6gen.measure.subject import Subject


@command("measure", json_file=True)
@setting("build")
@setting("sn")
@click.option("--frames", "first_frames", multiple=True, metavar="PATH…", help="Pictures, or folders of them.")
@click.argument("more_frames", nargs=-1, metavar="")
@click.option("--scene", type=click.IntRange(1, 999), help="Without --frames: so many frames of a generated scene.")
@click.option("--camera", is_flag=True, help="On a port: run what the board's own camera sees; no mask is compared.")
@port_options
@click.option("--masks", metavar="DIR", help="Save each mask as a PNG of class indices.")
@click.option("--lcd", metavar="FILE", help="Save what the LCD showed last.")
@click.option("--lcd-dir", metavar="DIR", help="Save what the LCD showed for each frame.")
@click.option("--show", is_flag=True, help="Draw what the LCD showed last in the terminal.")
@click.option("--quick", is_flag=True, help="On a real clock: shorter, and marked as such. Else: no difference.")
@click.option("--profile", is_flag=True, help="Also measure what each layer, or epoch block of the NPU, costs.")
@click.option("--timeout", type=float, default=60.0, show_default="60", help="Seconds that one inference may take.")
@click.option("--retries", default=0, show_default="0", help="Switch a board that was never reached on again so often.")
@report_options
@setting("keep_sessions")
def measure(
    out: Output,
    build: str,
    sn: str | None,
    first_frames: tuple[str, ...],
    more_frames: tuple[str, ...],
    scene: int | None,
    camera: bool,
    port: str | None,
    baud: int | None,
    reset: bool,
    boot_timeout: float,
    masks: str | None,
    lcd: str | None,
    lcd_dir: str | None,
    show: bool,
    quick: bool,
    profile: bool,
    timeout: float,
    retries: int,
    wanted: Wanted,
    keep_sessions: int,
) -> int:
    """Run frames on the board that holds a build; check every mask against the integer reference.

    The clock of the virtual board is deterministic: each frame is run twice and must cost the same. On a real clock
    the first inference is kept apart, and windows are measured until they are long enough. Everything that the board
    sent is kept; `n6gen report` makes the reports from it again.
    """
    from n6gen.board import load_board
    from n6gen.image.manifest import read_manifest
    from n6gen.measure.frames import enough, find_pictures, frames_for
    from n6gen.measure.method import choose as choose_method
    from n6gen.measure.profile import blocks_of, layers_of
    from n6gen.measure.run import Job
    from n6gen.measure.run import measure as run
    from n6gen.measure.sessions import prune
    from n6gen.report.card import check_card
    from n6gen.report.pictures import save_mask, save_picture

    folder = Path(build)
    pictures = find_pictures([Path(path) for path in (*first_frames, *more_frames)])
    manifest = read_manifest(folder)
    manifest.check_mask(folder)
    board = load_board(manifest.board)
    method = choose_method(deterministic=board.instructions_per_tick is not None, quick=quick)
    count = enough(scene, windows=0 if quick else method.windows)
    frames = [] if camera else frames_for(pictures, count, manifest.model["height"])
    layers, blocks = (layers_of(folder), blocks_of(folder)) if profile else ((), None)
    own = count if camera else 0
    job = Job(board, folder, manifest, frames, method, timeout, own, boot_timeout, layers, blocks)
    total = len(job.inputs)
    method.check(total)
    subject = reach(board, sn, port, baud, reset=reset)
    _must_be_possible(subject, pictures, camera=camera, lcd=bool(lcd or lcd_dir or show))
    if "card" in wanted.files:
        check_card({"options": manifest.options})

    with out.progress("measuring", total) as advance, _error_as_test_result(wanted):
        done = 0

        def on_frame(result: FrameResult, picture: Callable[[], Image] | None) -> None:
            nonlocal done
            done += 1
            advance(done)
            if masks is not None:
                save_mask(result.mask, Path(masks) / f"{result.name}.png")
            if picture is not None and lcd_dir is not None:
                save_picture(picture(), Path(lcd_dir) / f"{result.name}.png")
            if picture is not None and done == total:
                _last_picture(out, picture(), lcd, show=show)

        session, kept = run(
            subject,
            job,
            on_frame=on_frame,
            retries=retries,
            on_retry=lambda error: out.say(f"did not run, trying again: {error.message}"),
        )
    code = deliver(out, session, kept, wanted)
    out.say(f"session: {kept}")
    prune(keep_sessions)
    return code


def _must_be_possible(subject: Subject, pictures: Sequence[Path], *, camera: bool, lcd: bool) -> None:
    """Refuse what the board cannot do, before it is reached."""
    if lcd and not subject.sees_lcd:
        raise InputError("the LCD of a board behind a port cannot be read", "Leave --lcd, --lcd-dir and --show away.")
    if camera and subject.sees_lcd:
        raise InputError("the camera of a virtual board sees only what it is shown", "Leave --camera away.")
    if camera and pictures:
        raise InputError("--camera runs what the board's own camera sees, --frames what it is sent: choose one")


@contextmanager
def _error_as_test_result(wanted: Wanted) -> Iterator[None]:
    """A session that ends in an error is a test result too, where test results are wanted."""
    try:
        yield
    except N6genError as error:
        if "junit" in wanted.files:
            from n6gen.report.junit import write_junit_error

            write_junit_error(error, wanted.files["junit"])
        raise


def _last_picture(out: Output, picture: Image, file: str | None, *, show: bool) -> None:
    from n6gen.report.pictures import save_picture
    from n6gen.report.terminal import half_blocks

    if file is not None:
        save_picture(picture, Path(file))
    if show and out.out.is_terminal:
        out.show(half_blocks(picture, min(out.out.width, 100)))
