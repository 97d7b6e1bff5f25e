"""The `stedgeai` compiler: prepare, look into the cache, run the tool, judge what it did, describe the network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from n6gen.board import Board
from n6gen.compiler.base import Decode
from n6gen.compiler.network import Network
from n6gen.compiler.stedgeai import profile
from n6gen.compiler.stedgeai.cache import Entry
from n6gen.compiler.stedgeai.command import Options, Run, generate
from n6gen.compiler.stedgeai.describe import Files, check_places, describe, files_of
from n6gen.compiler.stedgeai.judge import judge
from n6gen.compiler.stedgeai.locate import Located, locate
from n6gen.compiler.stedgeai.prepare import Prepared, prepare
from n6gen.compiler.stedgeai.stages import Stages
from n6gen.errors import InputError
from n6gen.model.loader import Model
from n6gen.tools.files import sha256_bytes, sha256_file, write_if_changed
from n6gen.tools.run import run

#: The longest compilation on record took 130 s.
TIMEOUT_S = 900.0
LOG = "stedgeai.log"
_WEIGHTS = "weights.bin"


def _silent(line: str) -> None:
    """Tell nobody."""


@attrs.frozen
class StEdgeAiCompiler:
    """The entry for `--compiler stedgeai`, for one board.

    `program` is what the user named (a folder or the program; None: search for it). `on_line` gets what the tool
    prints, `on_stage` a few words whenever it comes to a new stage.
    """

    board: Board
    program: str | Path | None = None
    options: Options = attrs.field(factory=Options)
    on_line: Callable[[str], None] = _silent
    on_stage: Callable[[str], None] = _silent
    timeout: float = TIMEOUT_S
    name: str = "stedgeai"
    kernel_sets: tuple[str, ...] = ()

    def compile(
        self,
        model: Model,
        out: Path,
        *,
        kernels: str = "",
        keep_head: bool = False,
        decode: Decode = "fine",
    ) -> Network:
        """Compile `model` into `out`: network.c and what it includes, weights.bin, network.json, reports, the log.

        `kernels` is not used: there is no choice. The same model, options and release are not compiled twice.
        Raises MissingToolError if there is no stedgeai that can do it, InputError for whatever it could not do.
        """
        tool = locate(self.program)
        prepared = prepare(model, keep_head=keep_head or decode == "none")
        entry = self._entry(prepared, tool)
        with entry.lock(self.timeout):
            if not entry.is_there():
                self._generate(tool, prepared, entry, out)
        files = files_of(entry.folder)
        check_places(files, self.board)
        network = describe(
            files,
            out,
            size=(model.input.height, model.input.width),
            head=prepared.head,
            classes=model.classes,
            shape=model.graph.tensors[model.graph.output].shape if decode == "none" else None,
            decode=decode,
            kernels=self.options.kernels,
            macs=sum(map(prepared.graph.macs, prepared.graph.nodes)),
            weights_sha256=sha256_file(files.weights),
        )
        _fill(out, network, files)
        return network

    def plan(self, model: Model, *, keep_head: bool = False) -> list[str]:
        """What `compile` would do, one step a line, without doing it. Raises like it."""
        tool = locate(self.program)
        prepared = prepare(model, keep_head=keep_head)
        entry = self._entry(prepared, tool)
        if entry.is_there():
            return [f"take the network from the cache: {entry.folder}"]
        words = generate(tool.program, Run(entry.work), self.board, self.options)
        cut = "as it is" if prepared.head is None else "cut before its last Resize"
        return [f"write {model.path.name}, {cut}, to {Run(entry.work).model}", " ".join(words)]

    def _entry(self, prepared: Prepared, tool: Located) -> Entry:
        words = generate(Path(), Run(Path()), self.board, self.options)
        key: Mapping[str, Any] = {
            "model": sha256_bytes(prepared.data),
            "tool": str(tool.core),
            "pools": sha256_bytes(profile.render_pools(self.board).encode()),
            "compiler": profile.compiler_options(tool.core, per_epoch=self.options.per_epoch),
            "options": attrs.asdict(self.options),
            # The rest of the command line, its folders relative.
            "arguments": words[words.index("generate") :],
        }
        return Entry(key)

    def _generate(self, tool: Located, prepared: Prepared, entry: Entry, out: Path) -> None:
        place = Run(entry.work)
        place.write(prepared.data, self.board, tool.core, self.options)
        words = generate(tool.program, place, self.board, self.options)
        self.on_stage(f"stedgeai {tool.core.number}: compile for the NPU")
        stages = Stages(self.on_line, self.on_stage)
        result = run(words, timeout=self.timeout, cwd=place.folder, log=place.log, on_line=stages.line)
        log = out / LOG
        log.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(place.log, log)
        files = judge(result, place, tool, log, parameter_bytes=prepared.parameter_bytes)
        entry.keep({path.name: path for path in files})


def take(source: Path, out: Path, board: Board, *, model: Model | None, decode: Decode) -> Network:
    """Take a network that `stedgeai` made elsewhere: `--network DIR`.

    With a `model` it must be that model's, whole or cut before its last Resize. Raises InputError if the folder holds
    no network that the app can use on this board.
    """
    files = files_of(source)
    check_places(files, board)
    head = prepare(model, keep_head=False).head if model is not None else None
    network = describe(
        files,
        out,
        size=(model.input.height, model.input.width) if model is not None else None,
        head=head,
        classes=model.classes if model is not None else None,
        decode=decode,
        kernels="epoch-controller" if files.network.counts.blobs else "per-epoch",
        macs=sum(map(model.graph.macs, model.graph.nodes)) if model is not None else 0,
        weights_sha256=sha256_file(files.weights),
    )
    if source.resolve() == out.resolve():
        raise InputError(f"{source} is where the build puts its network", "Choose another --out.")
    _fill(out, network, files)
    return network


def _fill(out: Path, network: Network, files: Files) -> None:
    """Put a network's files into `out`; what another network left there goes."""
    wanted = {"network.c": files.code, _WEIGHTS: files.weights}
    wanted |= {path.name: path for path in files.others}
    wanted |= {path.name: path for path in _told(files)}
    for stale in _stale(out, set(wanted)):
        stale.unlink()
    for name, path in wanted.items():
        write_if_changed(out / name, path.read_bytes())
    network.save()


def _told(files: Files) -> Iterator[Path]:
    """Files for readers: c_info, reports, tables, and what the tool was given."""
    for pattern in ("*c_info.json", "*_report.txt", "*.csv", "*.mpool", "neural_art.json"):
        yield from sorted(files.folder.glob(pattern))


def _stale(out: Path, wanted: set[str]) -> Iterator[Path]:
    kept = wanted | {"network.json", LOG}
    for path in sorted(out.glob("*")):
        if path.is_file() and path.name not in kept and not path.name.startswith("."):
            yield path
