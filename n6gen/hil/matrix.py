"""From the matrix of a plan to its jobs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from n6gen.config.settings import SETTINGS
from n6gen.hil.plan import Excluded, Job
from n6gen.hil.table import Table

#: What a job can say about its build: settings of `n6gen build`, and its options that are none.
_SETTINGS = (
    *("model", "res", "compiler", "kernels", "decode", "keep_head", "input_map"),
    *("mean", "std", "order", "templates"),
)
_FLAGS = ("profile", "overlap")
_PATHS = ("templates", "network")
OPTIONS = (*_SETTINGS, "network", *_FLAGS)
_ODD = re.compile(r"[^A-Za-z0-9._=-]+")


def jobs_of(top: Table) -> tuple[tuple[Job, ...], tuple[Excluded, ...]]:
    """The jobs of a plan, those of its matrix first, and what it leaves out. Takes the keys that say so.

    Raises InputError, with its place in the file, for whatever cannot be a job.
    """
    matrix = top.table("matrix")
    axes = {name: _axis(matrix, name, values) for name, values in matrix.rest(OPTIONS)}
    matrix.done()
    rules = [_rule(entry) for entry in top.tables("exclude")]
    jobs: dict[str, Job] = {}
    excluded: list[Excluded] = []
    if axes:
        for name in ("model", "res"):
            if name not in axes:
                matrix.wrong(None, f"the matrix has no {name}", 'Say it: model = ["demo"], res = [256, 320].')
        varied = [name for name, values in axes.items() if len(values) > 1 and name not in ("model", "res")]
        for values in itertools.product(*axes.values()):
            options = dict(zip(axes, values, strict=True))
            name = _name(options, varied)
            hit = next((rule for rule in rules if _covers(rule[0], options)), None)
            if hit is not None:
                excluded.append(Excluded(name, hit[1]))
            elif name in jobs:
                matrix.wrong(None, f"two jobs would be called {name}", "Rename one of the models.")
            else:
                jobs[name] = Job(name, options)
    for entry in top.tables("job"):
        job = _single(entry)
        if job.name in jobs:
            entry.wrong("name" if "name" in entry else None, f"there is a job {job.name} already", "Give it a name.")
        jobs[job.name] = job
    if not jobs:
        top.wrong(None, "the plan has no job", 'List some in [matrix]: model = ["demo"], res = [256, 320].')
    return tuple(jobs.values()), tuple(excluded)


def _axis(table: Table, name: str, values: Any) -> list[Any]:
    listed = values if isinstance(values, list) and name not in ("mean", "std") else [values]
    if not listed:
        table.wrong(name, f"{name} lists nothing")
    for value in listed:
        _check(table, name, value)
    if len({repr(value) for value in listed}) < len(listed):
        table.wrong(name, f"{name} lists a value twice")
    return listed


def _check(table: Table, name: str, value: Any) -> None:
    setting = SETTINGS.get(name)
    kind = "flag" if name in _FLAGS else "path" if setting is None else setting.kind
    fits = {
        "text": isinstance(value, str) and value != "",
        "path": isinstance(value, str) and value != "",
        "whole": isinstance(value, int) and not isinstance(value, bool) and value > 0,
        "flag": isinstance(value, bool),
        "triple": isinstance(value, list) and len(value) == 3 and all(isinstance(x, (int, float)) for x in value),
    }[kind]
    if not fits:
        words = {"whole": "a whole number from 1", "flag": "true or false", "triple": "three numbers"}
        table.wrong(name, f"{name}: {value!r} is not {words.get(kind, 'a ' + kind)}")
    if setting is not None and setting.choices and value not in setting.choices:
        table.wrong(name, f"{name}: {value!r} is none of {', '.join(setting.choices)}")


def _rule(entry: Table) -> tuple[dict[str, list[Any]], str]:
    why = entry.text("why")
    if why is None:
        entry.wrong(None, "an exclusion without a reason", 'Say it: why = "…".')
    options = {name: value if isinstance(value, list) else [value] for name, value in entry.rest(OPTIONS)}
    if not options:
        entry.wrong(None, "an exclusion of nothing", "Name what it is about, such as res = 416.")
    entry.done()
    return options, str(why)


def _covers(rule: Mapping[str, list[Any]], options: Mapping[str, Any]) -> bool:
    return all(options.get(name) in values for name, values in rule.items())


def _single(entry: Table) -> Job:
    name, image, baseline = entry.text("name"), entry.path("image"), entry.path("baseline")
    options = dict(entry.rest(OPTIONS))
    for option, value in options.items():
        _check(entry, option, value)
    for option in ("model", "res"):
        if option not in options:
            entry.wrong(None, f"a job without {option}", f"Its name and its verdict are about one {option}.")
    entry.done()
    if name is not None and _ODD.search(name):
        entry.wrong("name", f"{name!r} cannot be a job's name: letters, digits and . _ = - can be in it")
    return Job(name or _name(options, list(options.keys() - {"model", "res"})), options, image, baseline)


def _name(options: Mapping[str, Any], varied: list[str]) -> str:
    model = _ODD.sub("_", Path(str(options["model"])).name.removesuffix(".onnx"))
    rest = [f"{name}={_ODD.sub('_', Path(str(options[name])).name)}" for name in sorted(varied)]
    return "-".join([model, str(options["res"]), *rest])


def build_words(job: Job, board: str, out: Path, folder: Path) -> list[str]:
    """The command line, behind `n6gen`, that builds a job for `board` into `out`; `folder` is the plan's."""
    words = ["build", "--board", board, "--out", str(out), "--json"]
    for name, value in job.options.items():
        option = "--" + name.replace("_", "-")
        if name == "overlap":
            words += [] if value else ["--no-overlap"]
        elif isinstance(value, bool):
            words += [option] if value else []
        elif isinstance(value, list):
            words += [option, *map(str, value)]
        elif name in _PATHS or (name == "model" and str(value).endswith(".onnx")):
            words += [option, str(folder / str(value))]
        else:
            words += [option, str(value)]
    return words
