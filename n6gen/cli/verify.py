"""`n6gen verify`: a board's tensors and masks against the integer reference; what differs first, by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.reach import port_options, reach
from n6gen.cli.shell import command, setting
from n6gen.errors import ExitCode, InputError

if TYPE_CHECKING:
    from n6gen.verify.run import Order, Verification
    from n6gen.verify.verdict import FrameVerdict

_TOLERANCE = "Of --bisect: steps of int8 that count as no difference; 0 for the cpu compiler, 16 for the NPU."


@command("verify", json_file=True)
@setting("build", help="The build that the board holds.")
@setting("sn")
@click.option("--frames", "first_frames", multiple=True, metavar="PATH…", help="Pictures, or folders of them.")
@click.argument("more_frames", nargs=-1, metavar="")
@click.option("--scene", type=click.IntRange(1, 999), default=4, show_default="4", help="Without --frames: so many.")
@click.option("--every-tensor", is_flag=True, help="Compare all layers of all frames, not only if an output differs.")
@click.option("--bisect", "halves", is_flag=True, help="If an output differs, find the first layer by cut networks.")
@click.option("--tolerance", type=click.IntRange(0, 255), metavar="STEPS", help=_TOLERANCE)
@click.option("--dry-run", is_flag=True, help="Of --bisect: say what would be built and written; touch no board.")
@click.option("--strategy", type=click.Choice(("flash", "ram")), help="Of --bisect: as in `n6gen flash`.")
@setting("programmer")
@setting("cubeprogrammer")
@setting("probe_rs")
@setting("stedgeai")
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
    halves: bool,
    port: str | None,
    baud: int | None,
    reset: bool,
    boot_timeout: float,
    timeout: float,
    html: str | None,
    keep_sessions: int,
    **bisecting: Any,
) -> int:
    """Compare what a board computes with onnxruntime: input, every layer, output and mask.

    Each stage is judged by what the one before it really gave. If something differs, the first layer that does is
    named, with where and how much; where nobody can look inside, --bisect finds it by networks that are cut earlier.
    Exit code 1 if anything differs.
    """
    from n6gen.board import load_board
    from n6gen.image.manifest import read_manifest
    from n6gen.measure.frames import find_pictures, frames_for
    from n6gen.measure.sessions import prune
    from n6gen.report.verification import summary, write_page
    from n6gen.verify.run import Order, run, verifications_dir

    folder = Path(build)
    _check_options(bisecting, port, halves=halves, reset=reset)
    pictures = find_pictures([Path(path) for path in (*first_frames, *more_frames)])
    manifest = read_manifest(folder)
    frames = frames_for(pictures, scene, manifest.model["height"])
    order = Order(folder, manifest, frames, every_tensor, timeout, boot_timeout)
    if bisecting["dry_run"]:
        _plan(out, order, bisecting)
        return ExitCode.OK
    subject = reach(load_board(manifest.board), sn, port, baud, reset=reset)
    with out.progress("verifying", len(frames)) as advance:
        done = 0

        def on_frame(_: FrameVerdict) -> None:
            nonlocal done
            done += 1
            advance(done)

        result, kept = run(subject, order, on_frame)
    if halves:
        result = _bisect(out, result, kept, bisecting)
    said = result.as_json()
    out.show(*summary(said))
    if html is not None:
        write_page(said, result.verdict.pictures(), Path(html))
    out.say(f"kept: {kept}")
    if result.bisection is not None and result.bisection.stopped is not None:
        error = result.bisection.stopped
        error.things_to_try += (f"What was found until then is in {kept}.",)
        raise error
    out.result(said)
    prune(keep_sessions, verifications_dir())
    return ExitCode.OK if result.verdict.exact else ExitCode.NEGATIVE


def _check_options(bisecting: dict[str, Any], port: str | None, *, halves: bool, reset: bool) -> None:
    if halves and reset:
        raise click.UsageError("--reset is not for --bisect: each build starts anew, and one in RAM would be gone")
    if halves and port is not None:
        raise InputError(
            "--bisect writes one cut network after the other to the board, which a port does not let it do",
            "Leave --port away: a board at this machine's probe is found by itself, or by --sn.",
            "By hand: n6gen build --cut TENSOR, flash it where its probe is, n6gen verify --port; "
            "`n6gen model show --cuts` lists the tensors.",
        )
    for name in ("tolerance", "dry_run", "strategy"):
        if bisecting[name] not in (None, False) and not halves:
            raise click.UsageError(f"--{name.replace('_', '-')} is for --bisect")


def _plan(out: Output, order: Order, bisecting: dict[str, Any]) -> None:
    """Say what a bisection would do."""
    from n6gen.board import load_board
    from n6gen.verify.bring import usual_strategy
    from n6gen.verify.cut_builds import cut_builds
    from n6gen.verify.search import Search

    builds = cut_builds(order.folder, order.manifest, bisecting["stedgeai"])
    first = Search(builds.graph, builds.places).next()
    assert first is not None  # noqa: S101 - there are places
    places = [
        {"tensor": name, "trunk": cut.trunk, "shape": list(cut.tensor.shape), "layer": cut.node.name}
        for name, cut in builds.cuts.items()
    ]
    trunk = sum(cut.trunk for cut in builds.cuts.values())
    strategy = bisecting["strategy"] or usual_strategy(load_board(order.manifest.board))
    steps = [
        f"verify {order.folder}; only if an output differs by more than {_tolerance(order, bisecting)} steps:",
        f"choose among {len(places)} tensors to cut at, {trunk} of them in the trunk, which comes first",
        f"build at most {builds.at_most} cut networks → {order.folder}/cuts (more only if a layer hides a difference)",
        f"write each to the board ({strategy}), show it one frame, compare its output; the first: {first}",
        f"write {order.folder} back to the board",
    ]
    out.show(*steps)
    out.result({"dry_run": True, "places": places, "at_most": builds.at_most, "first": first, "steps": steps})


def _bisect(out: Output, result: Verification, kept: Path, bisecting: dict[str, Any]) -> Verification:
    from n6gen.board import load_board
    from n6gen.flash.session import Selection
    from n6gen.programmer.base import Access
    from n6gen.programmer.registry import tool_paths
    from n6gen.report.bisection import tried_line
    from n6gen.tools.hold import PATIENCE_S
    from n6gen.verify.bisect import Bisection, Tried
    from n6gen.verify.bring import Bringer, usual_strategy
    from n6gen.verify.cut_builds import cut_builds
    from n6gen.verify.work import bisected

    order, serial = result.order, result.subject.conditions()["serial"]
    board = load_board(order.manifest.board)
    selection = Selection(
        programmer=bisecting["programmer"],
        paths=tool_paths(bisecting["cubeprogrammer"], bisecting["probe_rs"]),
        access=Access(patience=PATIENCE_S, say=out.say),
    )
    bringer = Bringer(board, serial, bisecting["strategy"] or usual_strategy(board), selection, out.say)
    builds, tolerance = cut_builds(order.folder, order.manifest, bisecting["stedgeai"]), _tolerance(order, bisecting)
    begun: list[Bisection] = []

    def begin(bisection: Bisection) -> None:
        begun.append(bisection)
        most = f"at most {bisection.at_most} cut networks"
        out.say(f"{bisection.frame}: output differs; {bisection.places} places, {most}")

    def on_tried(tried: Tried) -> None:
        out.say(tried_line(tried.as_json()))

    try:
        made = bisected(result, kept, builds, tolerance, bringer, begin, on_tried, out.detail)
    except KeyboardInterrupt:
        if begun and begun[0].restored is not None:
            again = "holds the whole build again" if begun[0].restored else "does not hold the build: run `n6gen flash`"
            out.say(f"the board {again}")
        raise
    if not begun:
        out.say(f"no output differs by more than {tolerance} steps: there is nothing to bisect")
    return made


def _tolerance(order: Order, bisecting: dict[str, Any]) -> int:
    from n6gen.verify.work import TOLERANCES

    given: int | None = bisecting["tolerance"]
    return TOLERANCES[order.manifest.network["compiler"]["name"]] if given is None else given
