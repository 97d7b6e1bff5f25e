"""`n6gen verify`: a board's tensors and masks against the integer reference; what differs first, by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.reach import port_options, reach
from n6gen.cli.shell import command, setting
from n6gen.errors import ExitCode

if TYPE_CHECKING:
    from n6gen.verify.verdict import FrameVerdict


@command("verify", json_file=True)
@setting("build", help="The build that the board holds.")
@setting("sn")
@click.option("--frames", "first_frames", multiple=True, metavar="PATH…", help="Pictures, or folders of them.")
@click.argument("more_frames", nargs=-1, metavar="")
@click.option("--scene", type=click.IntRange(1, 999), default=4, show_default="4", help="Without --frames: so many.")
@click.option("--every-tensor", is_flag=True, help="Compare all layers of all frames, not only if an output differs.")
@port_options
@click.option("--timeout", type=float, default=60.0, show_default="60", help="Seconds that one inference may take.")
@click.option("--html", metavar="FILE", help="Write one page with pictures of what differs.")
@setting("keep_sessions", help="How many verifications are kept.")
def verify(
    out: Output,
    /,
    *,
    build: str,
    sn: str | None,
    first_frames: tuple[str, ...],
    more_frames: tuple[str, ...],
    scene: int,
    every_tensor: bool,
    port: str | None,
    baud: int | None,
    reset: bool,
    boot_timeout: float,
    timeout: float,
    html: str | None,
    keep_sessions: int,
) -> int:
    """Compare what a board computes with onnxruntime: input, every layer, output and mask.

    Each stage is judged by what the one before it really gave. If something differs, the first layer that does is
    named, with where and how much. Exit code 1 if anything differs.
    """
    from n6gen.board import load_board
    from n6gen.image.manifest import read_manifest
    from n6gen.measure.frames import find_pictures, frames_for
    from n6gen.measure.sessions import prune
    from n6gen.report.verification import summary, write_page
    from n6gen.verify.run import Order, run, verifications_dir

    folder = Path(build)
    pictures = find_pictures([Path(path) for path in (*first_frames, *more_frames)])
    manifest = read_manifest(folder)
    frames = frames_for(pictures, scene, manifest.model["height"])
    order = Order(folder, manifest, frames, every_tensor, timeout, boot_timeout)
    subject = reach(load_board(manifest.board), sn, port, baud, reset=reset)
    with out.progress("verifying", len(frames)) as advance:
        done = 0

        def on_frame(_: FrameVerdict) -> None:
            nonlocal done
            done += 1
            advance(done)

        result, kept = run(subject, order, on_frame)
    said = result.as_json()
    out.show(*summary(said))
    if html is not None:
        write_page(said, result.verdict.pictures(), Path(html))
    out.result(said)
    out.say(f"kept: {kept}")
    prune(keep_sessions, verifications_dir())
    return ExitCode.OK if result.verdict.exact else ExitCode.NEGATIVE
