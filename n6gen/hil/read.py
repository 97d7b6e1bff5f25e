"""Reads and checks a plan. Whatever is wrong is said with line and column."""

from __future__ import annotations

from pathlib import Path

from n6gen.hil import source
from n6gen.hil.matrix import jobs_of
from n6gen.hil.plan import (
    CANARY_TIMES,
    RETRY_CLASSES,
    BoardNeed,
    Canary,
    Evaluation,
    Inputs,
    Keep,
    Limits,
    Plan,
    Retry,
    Times,
)
from n6gen.hil.table import Table

_SCHEMA = 1
_STAGES = ("input", "network", "decode", "present", "total")
_DAY_S = 86_400.0


def read_plan(file: Path) -> Plan:
    """The plan in `file`. Raises InputError with line and column."""
    file = file.absolute()
    found = source.read(file)
    top = Table(found, (), found.content)
    if top.whole("schema", _SCHEMA) != _SCHEMA:
        top.wrong("schema", f"this n6gen knows schema {_SCHEMA}")
    name = top.text("name", file.parent.name or "plan")
    bench = top.text("bench", "local", ("local", "labgrid"))
    coordinator = top.text("coordinator")
    env = top.texts("env")
    jobs, excluded = jobs_of(top)
    evaluation = _evaluation(top.table("evaluate"))
    plan = Plan(
        file=file,
        name=name,
        bench=bench,
        coordinator=coordinator,
        env=env,
        jobs=jobs,
        excluded=excluded,
        board=_board(top.table("board")),
        inputs=_inputs(top.table("input"), file.parent),
        evaluation=evaluation,
        verify=top.flag("verify", default=False),
        baselines=top.path("baselines"),
        limits=_limits(top.table("limits"), evaluation),
        times=_times(top.table("time")),
        retry=_retry(top.table("retry")),
        canary=_canary(top.table("canary")),
        keep=_keep(top.table("keep")),
    )
    top.done()
    return plan


def _board(table: Table) -> BoardNeed:
    board = BoardNeed(
        name=table.text("name", "virtual"),
        serials=table.texts("serials"),
        tags=table.words("tags"),
        strategy=table.text("strategy", "flash", ("flash", "ram")),
        fallback=table.text("fallback"),
        required=table.flag("required", default=True),
    )
    table.done()
    return board


def _inputs(table: Table, folder: Path) -> Inputs:
    frames, scene = table.texts("frames"), table.whole("scene", 2, least=1)
    table.done()
    return Inputs(tuple(folder / path for path in frames), scene)


def _evaluation(table: Table) -> Evaluation | None:
    images, masks = table.path("images"), table.path("masks")
    limit, void = table.whole("limit", 0, least=1), table.whole("void", -1)
    table.done()
    if images is None and masks is None:
        return None
    if images is None or masks is None:
        table.wrong(None, "an evaluation needs both images and masks")
    return Evaluation(images, masks, limit or None, None if void < 0 else void)


def _limits(table: Table, evaluation: Evaluation | None) -> Limits:
    limits = Limits(
        max_regression=table.share("max_regression"),
        stages=table.texts("stages", choices=_STAGES),
        allow=table.texts("allow"),
        mask_agreement=table.share("mask_agreement"),
        miou=table.share("miou"),
    )
    if table.share("mask_exact", 1.0) != 1.0:
        table.wrong("mask_exact", "mask_exact is always 1: a board that differs by a pixel is wrong")
    table.done()
    if limits.miou is not None and evaluation is None:
        table.wrong("miou", "a mean IoU needs a labelled data set", 'Add [evaluate] with images = "…" and masks = "…".')
    return limits


def _times(table: Table) -> Times:
    defaults = {"run": 7200.0, "job": 1800.0, "board": 900.0, "build": 600.0, "flash": 300.0, "measure": 900.0}
    defaults |= {"evaluate": 1800.0, "verify": 1800.0, "inference": 300.0}
    found = {name: table.number(name, value, 0.1, _DAY_S, "seconds") for name, value in defaults.items()}
    table.done()
    return Times(**found)


def _retry(table: Table) -> Retry:
    times = table.whole("times", 1)
    classes = table.texts("classes", RETRY_CLASSES, RETRY_CLASSES, note="a measured verdict is never tried again")
    table.done()
    return Retry(times, classes)


def _canary(table: Table) -> Canary:
    canary = Canary(
        when=table.texts("when", CANARY_TIMES, CANARY_TIMES),
        model=table.text("model", "demo"),
        res=table.whole("res", 256, least=1),
    )
    table.done()
    return canary


def _keep(table: Table) -> Keep:
    keep = Keep(runs=table.whole("runs", 20, least=1), mib=table.whole("mib", 512, least=1))
    table.done()
    return keep
