"""`n6gen evaluate`: how well a network segments a labelled data set, on the host and on a board."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.reach import port_options, reach
from n6gen.cli.shell import command, setting
from n6gen.errors import ExitCode

if TYPE_CHECKING:
    from n6gen.evaluate.conduct import Evaluation
    from n6gen.evaluate.subject import Subject


@command("evaluate", json_file=True)
@click.option("--images", required=True, metavar="DIR", help="Pictures.")
@click.option("--masks", required=True, metavar="DIR", help="Their masks: PNGs of class indices, of the same names.")
@setting("build", help="The build to evaluate.")
@click.option("--model", metavar="FILE|NAME", help="A model by itself instead of a build; on the host only.")
@click.option(
    "--on", type=click.Choice(("host", "board", "both")), default="host", show_default="host", help="What runs it."
)
@port_options
@click.option("--compare-input-maps", is_flag=True, help="On the host: also by the input map that is not used.")
@click.option("--void", type=click.IntRange(0, 255), metavar="INDEX", help="Pixels of this index are no class.")
@click.option("--void-is-background", is_flag=True, help="They are class 0, as in ST's evaluation; else not counted.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="The first N pictures only.")
@click.option("--resume/--fresh", default=True, help="Go on where a killed run was (the default), or start anew.")
@click.option("--timeout", type=float, default=60.0, show_default="60", help="Seconds that one inference may take.")
@setting("sn")
@setting("res", help="With --model NAME: input resolution, in pixels a side.")
@setting("decode", help="With --model: how logits become a mask.")
@setting("keep_head", help="With --model: leave the last Resize to the network.")
@setting("input_map", help="With --model: how bytes reach the network.")
@setting("mean", help="With --model: mean of each channel, on the scale of bytes.")
@setting("std", help="With --model: standard deviation of each channel, on the scale of bytes.")
@setting("order", help="With --model: order of the colour channels.")
@setting("mirror")
def evaluate(
    out: Output,
    /,
    *,
    images: str,
    masks: str,
    build: str,
    model: str | None,
    on: Any,
    compare_input_maps: bool,
    void: int | None,
    void_is_background: bool,
    limit: int | None,
    resume: bool,
    timeout: float,
    sn: str | None,
    port: str | None,
    baud: int | None,
    reset: bool,
    boot_timeout: float,
    **declared: Any,
) -> int:
    """Pixel accuracy and mean IoU over a labelled data set; killed and called again, it goes on.

    Pictures are stretched to the network's input (bilinear), masks to its output (nearest). The mean is over all
    classes, background included. The board is the emulated one, or behind a port: see `n6gen measure`.
    """
    from n6gen.board import load_board
    from n6gen.evaluate.conduct import Plan
    from n6gen.evaluate.conduct import evaluate as run
    from n6gen.evaluate.dataset import check_pairs, find_pairs
    from n6gen.evaluate.subject import built, check_built

    if compare_input_maps and on == "board":
        raise click.UsageError("--compare-input-maps needs the host: --on host or --on both")
    if port is not None and on == "host":
        raise click.UsageError("--port leads to a board: --on board or --on both")
    if void_is_background and void is None:
        raise click.UsageError("--void-is-background needs --void")
    subject = built(Path(build)) if model is None else _unbuilt(model, declared)
    board = None
    if on != "host":
        check_built(subject)
        board = reach(load_board(subject.manifest.board), sn, port, baud, reset=reset)
    pairs = find_pairs(Path(images), Path(masks), limit)
    with out.progress("checking masks", len(pairs)) as advance:
        check_pairs(pairs, subject.classes, void, advance)
    plan = Plan(subject, pairs, on, board, compare_input_maps, void, void_is_background, timeout, boot_timeout)
    with out.progress("evaluating", len(pairs)) as advance:

        def on_resume(done: int) -> None:
            advance(done)
            out.say(f"{done} of {len(pairs)} pictures were done before")

        result = run(plan, fresh=not resume, on_resume=on_resume, on_done=advance)
    _show(out, result)
    out.result(result.as_json())
    return ExitCode.NEGATIVE if result.wrong else ExitCode.OK


def _unbuilt(model: str, options: dict[str, Any]) -> Subject:
    from n6gen.evaluate.subject import unbuilt
    from n6gen.model import InputDeclaration, pull
    from n6gen.rewrite import at_resolution

    mirror = None if options["mirror"] is None else Path(options["mirror"])
    file = pull.locate(model, options["res"], mirror=mirror, adapt=at_resolution)
    declared = InputDeclaration(options["mean"], options["std"], options["order"])
    chosen = {name: options[name] for name in ("decode", "keep_head", "input_map")}
    return unbuilt(file, declared, chosen, options["res"])


def _show(out: Output, result: Evaluation) -> None:
    if out.for_machine:
        return
    from rich.table import Table

    table = Table("", box=None, header_style="bold")
    for name in result.scores:
        table.add_column(name, justify="right")
    scores = list(result.scores.values())
    table.add_row("mean IoU", *(_percent(score.miou) for score in scores))
    table.add_row("mean IoU, ST's", *(_percent(score.st_miou) for score in scores))
    table.add_row("pixel accuracy", *(_percent(score.pixel_accuracy) for score in scores))
    for index in range(result.plan.subject.classes):
        table.add_row(f"IoU of class {index}", *(_percent(score.iou[index]) for score in scores))
    out.show(f"{len(result.plan.pairs)} pictures", table)
    for difference in result.differences():
        miou = difference["miou"]
        points = "" if miou is None else f"mean IoU {100 * miou:+.3f} points, "
        out.show(
            f"{difference['of']} against {difference['from']}: {points}"
            f"{difference['pixels_differing']:.4%} of the pixels differ"
        )
    if result.exact is not None:
        equal = "every pixel of the board equals the integer reference"
        out.show(equal if result.exact else "the board's masks differ from the integer reference")


def _percent(share: float | None) -> str:
    return "n/a" if share is None else f"{share:.2%}"
