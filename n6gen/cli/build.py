"""`n6gen build`: from a model to images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.shell import command, setting


@command("build")
@setting("board")
@setting("model")
@setting("res")
@setting("out")
@setting("compiler")
@setting("kernels")
@setting("decode")
@setting("keep_head")
@setting("input_map")
@setting("mean")
@setting("std")
@setting("order")
@setting("templates")
@setting("mirror")
@setting("stedgeai")
@click.option("--network", metavar="DIR", help="Take the network that stedgeai wrote to DIR instead of compiling one.")
@click.option("--cut", metavar="TENSOR", help="End with this tensor, to look at it; no mask.")
@click.option("--profile", is_flag=True, help="Make every epoch of the NPU call back: slower, for profiles only.")
@click.option("--overlap/--no-overlap", default=True, help="Let frames come in while the network runs (the default).")
@click.option("--dry-run", is_flag=True, help="Say what would be done; do nothing.")
@click.option(
    "--eject", metavar="DIR", help="Also leave the app's CMake project in DIR, to be edited and built by hand."
)
def build(out: Output, /, *, dry_run: bool, eject: str | None, **options: Any) -> None:
    """Compile a model, render and build the app, make the images."""
    from n6gen.build.pipeline import STEPS
    from n6gen.build.pipeline import build as run_build
    from n6gen.build.plan import plan
    from n6gen.build.request import request_of

    request = request_of(options)
    if dry_run:
        steps = plan(request)
        out.show("\n".join(steps))
        out.result({"dry_run": True, "steps": steps})
        return
    done = 0.0
    with out.progress("building", sum(STEPS.values())) as advance:

        def on_step(name: str) -> None:
            nonlocal done
            out.detail(name)
            advance(done)
            done += STEPS[name]

        result = run_build(request, on_step, out.detail)
    ejected = None
    if eject is not None:
        from n6gen.build.eject import eject_project

        ejected = str(eject_project(result.folder, Path(eject)))
        out.say(f"project: {ejected} (see its README.md)")
    manifest = result.manifest
    if result.changed:
        _show(out, result.folder, manifest)
    else:
        out.show(f"{result.folder}: nothing changed, nothing done (build {manifest.build_id[:12]})")
    out.result({"changed": result.changed, "folder": str(result.folder), "ejected": ejected, **manifest.as_json()})


def _show(out: Output, folder: Path, manifest: Any) -> None:
    if out.for_machine:
        return
    from rich.table import Table

    table = Table("partition", "file", box=None, header_style="bold")
    for column in ("address", "bytes"):
        table.add_column(column, justify="right")
    for image in manifest.partitions:
        table.add_row(image.name, str(folder / image.file), f"{image.address:#010x}", f"{image.size:,}")
    network = manifest.network
    out.show(
        table,
        f"network {manifest.network_id[:12]}  {_macs(network)}{network['arena_bytes']:,} B of activations, "
        f"{network['weights_bytes']:,} B of weights",
        f"build   {manifest.build_id[:12]}  for {manifest.board}, next: n6gen flash --build {folder}",
    )


def _macs(network: Mapping[str, Any]) -> str:
    return f"{network['macs']:,} MACs, " if network["macs"] else ""
