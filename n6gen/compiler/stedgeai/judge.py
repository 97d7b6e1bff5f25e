"""Whether a run of `stedgeai` made what was asked for. Its exit status alone says little.

Success is exit 0, *and* every expected file in folders that were empty before, *and* proof of the NPU path, *and* a
network that is still quantised.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from n6gen.compiler.stedgeai.command import Run
from n6gen.compiler.stedgeai.console import failures, read_console
from n6gen.compiler.stedgeai.describe import Files, files_of
from n6gen.compiler.stedgeai.failures import Failure, not_npu, quantisation_lost
from n6gen.compiler.stedgeai.locate import Located
from n6gen.compiler.stedgeai.network_c import is_network_c
from n6gen.errors import InputError
from n6gen.tools.run import Result

#: Weights stay below this multiple of the quantised parameters (1.05 to 1.2 on record); float ones are four times.
_MOST_WEIGHTS = 2.5
#: Files that tell a reader more, kept where they exist.
_KEPT = (
    "*_ecblobs.h",
    "network.h",
    "stai_*.[ch]",
    "*c_info.json",
    "*_generate_report.txt",
    "atonn_options.ini",
    "*.csv",
)


def judge(result: Result, run: Run, tool: Located, log: Path, *, parameter_bytes: int) -> list[Path]:
    """The files of the network that a run made.

    `parameter_bytes` is what the model's quantised parameters take. Raises InputError if anything is wrong, naming what
    the tool said, what it means and what to try; `log` is named too.
    """
    if result.timed_out:
        raise InputError(
            f"stedgeai {tool.core.number} did not end within {result.seconds:.0f} s",
            "After an install its first start may ask for something: run 'stedgeai --version' by hand once.",
            f"What it printed is in {log}.",
        )
    found = failures(result.output)
    if result.returncode != 0:
        raise _failed(found or (_unexplained(result),), tool, log)
    # A text of an error without a failing status is one as well: the tool goes on after some.
    if found:
        raise _failed(found, tool, log)
    _check_npu(result, run, tool, log)
    files = _files(run, tool, log)
    _check_quantised(files, tool, log, parameter_bytes)
    return [files.code, files.weights, *_kept(run), run.pools, run.profiles, run.log]


def _check_npu(result: Result, run: Run, tool: Located, log: Path) -> None:
    """The code must be the NPU compiler's; what the tool prints may say that it is not even where there is no code."""
    codes = sorted(run.output.glob("*.c"))
    other_code = bool(codes) and not any(is_network_c(path.read_text("utf-8", "replace")) for path in codes)
    if other_code or read_console(result.output).path == "cpu":
        raise _failed((not_npu(" ".join(result.argv)),), tool, log)


def _files(run: Run, tool: Located, log: Path) -> Files:
    """The network's files, c_info included, wherever a release puts it."""
    missing = [name for name, there in _expected(run, tool) if not there]
    if missing:
        raise InputError(
            f"stedgeai {tool.core.number} said it was done, but did not write {', '.join(missing)}",
            f"Read its log: {log}.",
            "Is the disk full? Is the workspace's folder writable?",
        )
    in_ram = [raw.name for raw in run.output.glob("*_atonbuf.*.raw") if "xSPI2" not in raw.name and raw.stat().st_size]
    if in_ram:
        raise InputError(
            f"stedgeai {tool.core.number} put constants into RAM ({', '.join(in_ram)}), to be loaded at each start",
            "Leave room for all weights in the flash pool of board.toml.",
        )
    return files_of(run.output)


def _expected(run: Run, tool: Located) -> Iterator[tuple[str, bool]]:
    yield "network.c", any(run.output.glob("*.c"))
    yield "the weights (network_atonbuf.xSPI2.raw)", any(run.output.glob("*_atonbuf.xSPI2.raw"))
    yield "network_c_info.json", any(_c_infos(run))
    if tool.core.major >= 3:
        yield "stai_network.c and .h", all(any(run.output.glob(f"stai_*.{end}")) for end in "ch")


def _check_quantised(files: Files, tool: Located, log: Path, parameter_bytes: int) -> None:
    buffers = (*files.network.inputs, *files.network.outputs)
    floats = [buffer.name for buffer in buffers if buffer.type == "float32"]
    weights = files.weights.stat().st_size
    if floats:
        lost = f"{', '.join(floats)} came out in float32 where int8 was asked for"
    elif parameter_bytes and weights > _MOST_WEIGHTS * parameter_bytes:
        lost = f"{weights:,} bytes of weights for {parameter_bytes:,} bytes of quantised parameters"
    else:
        return
    raise _failed((quantisation_lost(lost),), tool, log)


def _kept(run: Run) -> Iterator[Path]:
    seen: set[str] = set()
    # 2.0 leaves c_info in the workspace; the compiler's own lies one folder deeper in every release.
    for folder in (run.output, run.workspace, *sorted(run.workspace.glob("neural_art__*"))):
        for pattern in _KEPT:
            for path in sorted(folder.glob(pattern)):
                if path.is_file() and path.name not in seen and not _covered(path.name, seen):
                    seen.add(path.name)
                    yield path


def _covered(name: str, seen: set[str]) -> bool:
    """Whether a c_info that says more is kept already."""
    return name.endswith("c_info.json") and any(other.endswith("c_info.json") for other in seen)


def _c_infos(run: Run) -> Iterator[Path]:
    for folder in (run.output, run.workspace, *run.workspace.glob("neural_art__*")):
        yield from folder.glob("*c_info.json")


def _unexplained(result: Result) -> Failure:
    tail = result.tail(3).replace("\n", " / ")
    return Failure("ExitStatus", f"it ended with status {result.returncode}", tail or "it printed nothing")


def _failed(found: Sequence[Failure], tool: Located, log: Path) -> InputError:
    """The last failure is the tool's verdict; what came before it goes along."""
    last = found[-1]
    others = [f"Before that: {failure}" for failure in found[:-1]]
    return InputError(f"stedgeai {tool.core.number}: {last}", *last.remedies, *others, f"Its log: {log}.")
