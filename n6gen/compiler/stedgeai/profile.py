"""What the NPU compiler is told: memory pools and options, rendered from board.toml."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import jinja2

from n6gen.board import Board
from n6gen.compiler.stedgeai.version import CoreVersion
from n6gen.errors import InputError
from n6gen.image.weights import TRAILER_SIZE

_POOLS_TEMPLATE, _PROFILE_TEMPLATE = "network.mpool.j2", "neural_art.json.j2"
#: What `speed` and `cache` of board.toml are called in a pool's properties.
_WORDS = {
    "throughput": "throughput",
    "latency": "latency",
    "byte_width": "byteWidth",
    "freq_ratio": "freqRatio",
    "read_power": "read_power",
    "write_power": "write_power",
}

_EPOCH_CONTROLLER = "--enable-epoch-controller"
_COMMON = (
    "-O3",
    "--all-buffers-info",
    "--cache-maintenance",
    "--native-float",
    "--enable-virtual-mem-pools",
    "--Omax-ca-pipe 4",
    "--Ocache-opt",
    "--Os",
)
#: What ST's own profiles of a release have besides; the newest entry that is not newer than the tool counts.
_BY_RELEASE: tuple[tuple[tuple[int, int], tuple[str, ...]], ...] = (
    ((2, 0), ("--mvei", "--no-hw-sw-parallelism", "--Oalt-sched")),
    ((2, 1), ("--mvei", "--Oalt-sched")),
    ((2, 2), ("--mvei", "--Oauto-sched")),
    ((3, 0), ("--Oauto-sched",)),
)


@attrs.frozen
class NpuPool:
    """One memory pool of the board: a region, or the part of a partition that holds weights."""

    name: str
    file: str
    base: int
    size: int
    rights: str
    cached: bool
    constants: bool
    speed: Mapping[str, Any]


def pools_of(board: Board) -> tuple[NpuPool, ...]:
    """The pools that `board.toml` gives the NPU compiler.

    Raises InputError if the board has no NPU, or a pool names neither a region nor a partition.
    """
    npu = _npu(board)
    return tuple(_pool(board, entry) for entry in npu["pool"])


def render_pools(board: Board) -> str:
    """The `.mpool` file: strict JSON, ASCII."""
    text = _template(board, _POOLS_TEMPLATE).render(npu=_npu(board), pools=pools_of(board), prop=_properties)
    return json.dumps(json.loads(text), indent=2) + "\n"


def render_profile(board: Board, pools_file: Path, options: str) -> str:
    """The file of profiles, with the one that n6gen uses. `pools_file` is absolute."""
    text = _template(board, _PROFILE_TEMPLATE).render(npu=_npu(board), pools_file=str(pools_file), options=options)
    return json.dumps(json.loads(text), indent=2) + "\n"


def profile_name(board: Board) -> str:
    """The name of that profile."""
    return str(_npu(board)["profile"])


def compiler_options(core: CoreVersion, *, per_epoch: bool) -> str:
    """The NPU compiler's options for a release, as one text.

    `per_epoch` leaves the epoch controller out, so that each epoch calls back, and asks for the traffic of each: for
    profiles only, a network made so is slower.
    """
    fitting = [words for release, words in _BY_RELEASE if release <= (core.major, core.minor)]
    if not fitting:
        raise InputError(f"ST Edge AI Core {core} knows no NPU", "Install 2.0 or newer.")
    last = ("--csv-file network",) if per_epoch else (_EPOCH_CONTROLLER,)
    return " ".join((*_COMMON, *fitting[-1], *last))


def _npu(board: Board) -> Mapping[str, Any]:
    npu = board.raw.get("npu")
    if npu is None:
        raise InputError(f"board {board.name} has no NPU", "Choose another --board or --compiler.")
    return dict(npu)


def _pool(board: Board, entry: Mapping[str, Any]) -> NpuPool:
    place = entry["in"]
    partition = next((part for part in board.partitions if part.name == place), None)
    if partition is None and place not in board.regions:
        raise InputError(f"{board.folder / 'board.toml'}: pool {entry['name']} lies in {place!r}, which is nowhere")
    if partition is not None:
        # The trailer that says whose weights they are lies behind them.
        base, size = partition.address, partition.size - 2 * TRAILER_SIZE
    else:
        base, size = board.regions[place].base, board.regions[place].size
    return NpuPool(
        name=entry["name"],
        file=entry["file"],
        base=base,
        size=size,
        rights="ACC_READ" if partition is not None else "ACC_WRITE",
        cached=entry.get("cached", False),
        # Constants in RAM would have to be loaded at each start.
        constants=partition is not None,
        speed=entry["speed"],
    )


def _properties(speed: Mapping[str, Any], rights: str, cached: bool = False, constants: bool = False) -> str:
    properties = {"rights": rights, **{word: speed[key] for key, word in _WORDS.items()}}
    if cached:
        properties["cacheable"] = "CACHEABLE_ON"
    if constants:
        properties["constants_preferred"] = "true"
    return json.dumps(properties)


def _template(board: Board, name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(board.folder),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - JSON, not HTML; what is put in goes through tojson
    )
    try:
        return environment.get_template(name)
    except jinja2.TemplateNotFound as error:
        raise InputError(f"board {board.name} has no {name}", "Give the board's folder that template.") from error
