"""`n6gen model`: what a model is, which ones are known by name, and how they get here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.shell import command, setting
from n6gen.tools.text import clean

if TYPE_CHECKING:
    from n6gen.model.catalogue import Entry
    from n6gen.model.loader import Model


@click.group("model", cls=click.RichGroup)
def model() -> None:
    """Models: look into one, list those known by name, get them."""


@command("show")
@click.argument("file")
@setting("res")
@setting("mean")
@setting("std")
@setting("order")
@setting("mirror")
@click.option("--memory", metavar="FILE", help="Draw the cpu compiler's activations over time into FILE, an SVG.")
@setting("kernels", help="Kernel set of that memory plan; the virtual board's by default.")
@click.option("--cuts", "with_cuts", is_flag=True, help="List the tensors at which `build --cut` can cut it instead.")
def show(
    out: Output,
    file: str,
    res: int | None,
    mean: tuple[float, float, float] | None,
    std: tuple[float, float, float] | None,
    order: Any,
    mirror: str | None,
    memory: str | None,
    kernels: str | None,
    with_cuts: bool,
) -> None:
    """Check FILE (a QDQ ONNX file, or a name from `n6gen model ls`) and show what is in it."""
    from n6gen.model import InputDeclaration, load
    from n6gen.model.pull import locate
    from n6gen.model.show import facts
    from n6gen.rewrite import at_resolution, cut_head

    path = locate(file, res, mirror=Path(mirror) if mirror else None, adapt=at_resolution)
    loaded = load(path, InputDeclaration(mean, std, order))
    loaded.check_resolution(res)
    head = cut_head(loaded.proto)[1]
    found = facts(loaded)
    found["head"] = head and {
        "factor": [head.factor_h, head.factor_w],
        "classes": head.classes,
        "height": loaded.input.height // head.factor_h,
        "width": loaded.input.width // head.factor_w,
    }
    if memory is not None:
        found["memory"] = _draw_memory(out, loaded, kernels, Path(memory))
    if with_cuts:
        found["cuts"] = _cuts(loaded)
        _show_cuts(out, found["cuts"])
    else:
        _show_facts(out, found)
    out.result(found)


@command("ls")
def ls(out: Output) -> None:
    """List the models known by name and which of them are here."""
    from rich.table import Column, Table

    from n6gen.model.catalogue import entries

    rows = [_listed(entry) for entry in entries().values()]
    table = Table(
        Column("name", no_wrap=True, min_width=max(len(row["name"]) for row in rows)),  # it is what people type
        "px",
        "here",
        "licence",
        "what",
        box=None,
        pad_edge=False,
    )
    for row in rows:
        known, here = ([file for file in row["files"] if file["path"] or not only] for only in (False, True))
        sizes = (", ".join(str(file["resolution"]) for file in files) or "–" for files in (known, here))
        table.add_row(row["name"], *sizes, row["licence"], row["title"])
    out.show(table)
    out.result({"models": rows})


@command("pull")
@click.argument("name")
@setting("res")
@setting("mirror")
@click.option("--accept-hash", is_flag=True, help="Accept the hash that the first pull has shown.")
def pull(out: Output, name: str, res: int | None, mirror: str | None, accept_hash: bool) -> None:
    """Get the model NAME at one resolution into the cache.

    The first pull shows its sha256 and stops. --accept-hash accepts it: it is written to n6gen.lock, and from then on
    only a file with that hash is used.
    """
    from n6gen.errors import InputError
    from n6gen.model import lock
    from n6gen.model.catalogue import find
    from n6gen.model.pull import pull as get
    from n6gen.rewrite import at_resolution

    entry = find(name)
    if res is None:
        raise InputError(
            f"model {name} exists at several resolutions",
            f"Choose --res from: {', '.join(map(str, entry.resolutions))}.",
        )
    if entry.folder is None:
        out.say(f"Licence of {name}: {entry.licence}")
    pulled = get(
        entry,
        res,
        mirror=Path(mirror) if mirror else None,
        accept_hash=accept_hash,
        progress=out.progress,
        adapt=at_resolution,
    )
    out.say(f"sha256 {pulled.sha256}, from {pulled.place}")
    out.show(str(pulled.path))
    out.result(
        {
            "name": name,
            "resolution": res,
            "path": str(pulled.path),
            "sha256": pulled.sha256,
            "place": pulled.place,
            "lock": str(lock.lock_path()),
        }
    )


for _command in (show, ls, pull):
    model.add_command(_command)


def _draw_memory(out: Output, model: Model, kernels: str | None, file: Path) -> dict[str, Any]:
    """Draw the memory plan of a model; its numbers."""
    from n6gen.board import load_board
    from n6gen.compiler.cpu.memory import timeline
    from n6gen.errors import InputError
    from n6gen.size.timeline import svg
    from n6gen.tools.files import write_if_changed

    planned = timeline(model, kernels or load_board("virtual").kernels)
    try:
        write_if_changed(file, svg(planned, model.path.name))
    except OSError as error:
        raise InputError(
            f"cannot write {file}: {error.strerror or error}", "Give a file that can be written."
        ) from error
    out.say(f"activations over time: {file}")
    return planned.as_json()


def _cuts(model: Model) -> list[dict[str, Any]]:
    """The places at which a model can be cut, in order."""
    from n6gen.model.show import kind
    from n6gen.rewrite import cuts

    return [
        {
            "tensor": cut.tensor.name,
            "layer": cut.node.name,
            "kind": kind(model.graph, cut.node),
            "height": cut.tensor.height,
            "width": cut.tensor.width,
            "channels": cut.tensor.channels,
            "trunk": cut.trunk,
        }
        for cut in cuts(model.proto, model.graph)
    ]


def _show_cuts(out: Output, found: list[dict[str, Any]]) -> None:
    # Not a table: a name that is broken over two lines cannot be copied.
    out.show(f"{'#':>3}  {'kind':<24} {'output':<12} {'part':<6}  tensor")
    for index, cut in enumerate(found):
        size = f"{cut['height']}x{cut['width']}x{cut['channels']}"
        part = "trunk" if cut["trunk"] else "branch"
        out.show(clean(f"{index:>3}  {cut['kind']:<24} {size:<12} {part:<6}  {cut['tensor']}"))


def _listed(entry: Entry) -> dict[str, Any]:
    from n6gen.model.pull import here

    return {
        "name": entry.name,
        "title": entry.title,
        "licence": entry.licence,
        "classes": list(entry.classes),
        "shipped": entry.folder is not None,
        "files": [
            {
                "resolution": res,
                "path": str(path) if (path := here(entry, res)) else None,
                "urls": list(entry.files[res].urls) if res in entry.files else [],
            }
            for res in entry.resolutions
        ],
    }


def _show_facts(out: Output, found: dict[str, Any]) -> None:
    from rich.table import Column, Table

    source, result, head = found["input"], found["output"], found["head"]
    mapping = (
        "(byte - mean) / std, mean "
        + " ".join(f"{v:g}" for v in source["mean"])
        + ", std "
        + " ".join(f"{v:g}" for v in source["std"])
    )
    dead = sum(map(len, found["dead_channels"].values()))
    rows = {
        "file": found["path"],
        "sha256": found["sha256"],
        "ONNX": f"opset {found['opset']}, IR {found['ir_version']}",
        "input": f"{source['name']}: {source['height']}x{source['width']}, {source['order'].upper()}"
        f" ({source['order_source']}), scale {source['scale']:.7g}, zero point {source['zero_point']}",
        "mapping": f"{mapping} ({source['source']}); {min(source['levels'])} of 256 levels kept",
        "output": f"{result['name']}: {result['height']}x{result['width']}, {result['classes']} classes,"
        f" scale {result['scale']:.7g}, zero point {result['zero_point']}",
        "head": f"a Resize by {head['factor'][0]}x{head['factor'][1]} after {head['height']}x{head['width']} logits;"
        " decode does it instead"
        if head
        else "none to cut",
        "MACs": f"{found['macs']:,}",
        "weights": f"{found['weight_bytes']:,} B, and {found['bias_bytes']:,} B of bias",
        "activations": f"{found['peak_activation_bytes']:,} B alive at once at {found['peak_at']}",
        "operators": ", ".join(f"{count} {name}" for name, count in found["operators"].items()),
        "dead channels": ", ".join(f"{len(v)} in {k}" for k, v in found["dead_channels"].items()) if dead else "none",
    }
    summary = Table("", Column(overflow="fold"), box=None, show_header=False, pad_edge=False)
    for key, text in rows.items():
        summary.add_row(key, text)
    layers = Table("#", "kind", "output", "MACs", "weights B", "name", box=None, pad_edge=False)
    for column in (0, 3, 4):
        layers.columns[column].justify = "right"
    for layer in found["layers"]:
        size = f"{layer['height']}x{layer['width']}x{layer['channels']}"
        numbers = (f"{layer[key]:,}" if layer[key] else "" for key in ("macs", "weight_bytes"))
        layers.add_row(str(layer["index"]), layer["kind"], size, *numbers, layer["name"])
    out.show(summary, "", layers)
