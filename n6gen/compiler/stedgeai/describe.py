"""From the tool's files to a Network. Sizes, types, order and quantisation are what network.c says, never assumed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import attrs
import numpy as np

from n6gen.board import Board
from n6gen.compiler.base import Decode
from n6gen.compiler.network import CompilerInfo, Head, Network, NpuInfo, TensorInfo
from n6gen.compiler.stedgeai.blobs import weight_files
from n6gen.compiler.stedgeai.c_info import is_c_info, read_c_info
from n6gen.compiler.stedgeai.network_c import Buffer, NetworkC, is_network_c, read_network_c, report_of
from n6gen.compiler.stedgeai.profile import pools_of
from n6gen.compiler.stedgeai.report import NetworkReport, Pool
from n6gen.compiler.stedgeai.version import runtime_for
from n6gen.errors import InputError

_KNOWN_TYPES = ("int8", "uint8", "float32")
_RGB = 3


@attrs.frozen(eq=False)
class Files:
    """The files of one network: `code` is network.c, `weights` the raw blob of the flash pool, `others` go with it."""

    folder: Path
    code: Path
    network: NetworkC
    weights: Path
    others: tuple[Path, ...]
    c_info: Path | None

    @property
    def report(self) -> NetworkReport:
        """The figures: of c_info if it is there and is the compiler's, else of network.c."""
        if self.c_info is not None:
            try:
                value = json.loads(self.c_info.read_text(encoding="utf-8"))
                report = read_c_info(value) if is_c_info(value) else None
            except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
                raise InputError(f"{self.c_info}: not as stedgeai writes it: {error}") from error
            if report is not None and report.pools:
                return report
        return report_of(self.network)


def files_of(folder: Path) -> Files:
    """Find a network's files in a folder that `stedgeai generate` wrote, or one copied from there.

    Raises InputError if network.c or the weights are missing, or are not the NPU compiler's.
    """
    codes = [path for path in sorted(folder.glob("*.c")) if is_network_c(path.read_text("utf-8", "replace"))]
    if len(codes) != 1:
        what = "no network.c of the NPU compiler's" if not codes else f"{len(codes)} networks"
        raise InputError(
            f"{folder}: holds {what}",
            "Give the folder that `stedgeai generate` wrote to (st_ai_output), one network in it.",
        )
    code = codes[0]
    weights = weight_files(folder)
    if not weights or weights[0].stat().st_size == 0:
        raise InputError(
            f"{folder}: holds no weights (*_atonbuf.xSPI2.raw or *_data.xSPI2.bin)",
            "Copy them beside network.c; a profile must put them into the flash pool as FORMAT_RAW.",
        )
    found = sorted(folder.glob("*c_info.json"))
    return Files(
        folder=folder,
        code=code,
        network=read_network_c(code.read_text("utf-8", "replace")),
        weights=weights[0],
        others=tuple(_companions(folder, code)),
        c_info=found[0] if found else None,
    )


def describe(
    files: Files,
    out: Path,
    *,
    size: tuple[int, int] | None,
    head: Head | None,
    classes: int | None,
    decode: Decode,
    kernels: str,
    macs: int,
    weights_sha256: str,
    shape: tuple[int, int, int] | None = None,
) -> Network:
    """The Network of a network's files.

    `size` is the model's input height and width and `classes` its number of classes, None where no model is known;
    `head` is what was cut off that model. The shape of the output decides what is left to decode: a `head`, an
    upsampling by whole factors where no model is known, or nothing. With the decode none, `shape` is what the output
    must be: height, width, channels.

    Raises InputError if the network is no segmentation network, or not of that model.
    """
    network = files.network
    source = _input(files, size)
    if shape is not None:
        output, head = _exact_output(files, shape), None
    else:
        output = _output(files, source, head, classes)
        head, decode = _decode(output, source, head, decode, known=size is not None)
    report = files.report
    ram = [pool.used or 0 for pool in report.pools if pool.place in ("internal", "external")]
    core = report.core or network.core
    return Network(
        compiler=CompilerInfo("stedgeai", str(core) if core else f"ll_aton {_dotted(network.runtime)}", kernels),
        input=source,
        output=output,
        head=head,
        decode=decode,
        arena_bytes=sum(ram),
        macs=macs,
        weights_bytes=files.weights.stat().st_size,
        weights_sha256=weights_sha256,
        layers=(),
        sources=(),
        includes=(),
        defines={},
        folder=out,
        npu=_npu(files),
    )


def check_places(files: Files, board: Board) -> None:
    """Raise InputError if the network uses memory that `board.toml` gives to somebody else.

    Its weights must begin where the board's partition of weights begins; its RAM must lie inside of the NPU's pools.
    """
    flash, partition = _weights_pool(files), board.partition("weights")
    if flash.address != partition.address:
        raise InputError(
            f"{files.code}: it reads its weights at {flash.address:#010x}, {board.name} keeps them at "
            f"{partition.address:#010x}",
            f"Compile it with a .mpool whose flash pool begins at {partition.address:#010x}.",
        )
    ram = sorted((pool.base, pool.base + pool.size) for pool in pools_of(board) if pool.rights == "ACC_WRITE")
    for pool in files.network.pools:
        if pool.place == "flash" or not pool.used or pool.address is None:
            continue
        if not _inside(pool.address, pool.address + pool.used, ram):
            raise InputError(
                f"{files.code}: its pool {pool.name} uses {pool.address:#010x}..{pool.address + pool.used:#010x}, "
                f"which {board.folder / 'board.toml'} does not give the NPU",
                "Compile it with n6gen, or with a .mpool of the board's layout.",
            )


def _inside(start: int, end: int, spans: Iterable[tuple[int, int]]) -> bool:
    """Whether [start, end) is covered by sorted spans, which may touch."""
    for low, high in spans:
        if low <= start < high:
            start = high
    return start >= end


def _weights_pool(files: Files) -> Pool:
    flash = [pool for pool in files.network.pools if pool.place == "flash" and pool.used]
    if len(flash) != 1:
        raise InputError(
            f"{files.code}: weights lie in {len(flash)} flash pools, n6gen writes one",
            "Compile it with a profile whose constants go to one pool on XSPI2.",
        )
    return flash[0]


def _npu(files: Files) -> NpuInfo:
    network = files.network
    runtime = runtime_for(network.runtime)
    return NpuInfo(
        api="stai" if any(path.name.startswith("stai_") for path in files.others) else "aton",
        name=network.name,
        runtime=network.runtime,
        strict=network.strict,
        core=network.core.number if network.core else None,
        library=runtime.library if runtime else None,
        software=bool(network.counts.sw),
        blobs=network.counts.blobs or 0,
        weights_address=_weights_pool(files).address or 0,
        input_address=network.inputs[0].address,
        output_address=network.outputs[0].address,
    )


def _companions(folder: Path, code: Path) -> Iterable[Path]:
    """What network.c includes or goes with: blobs, and the ST-AI layer."""
    for pattern in (f"{code.stem}_ecblobs.h", f"{code.stem}.h", "stai_*.c", "stai_*.h"):
        yield from sorted(folder.glob(pattern))


def _input(files: Files, size: tuple[int, int] | None) -> TensorInfo:
    buffer = _only(files, files.network.inputs, "input")
    orders = [order for order in ("hwc", "chw") if _shape(buffer, order)[2] == _RGB]
    if not orders:
        raise InputError(f"{files.code}: its input is {_written(buffer)}, no picture with 3 channels")
    height, width, _ = _shape(buffer, orders[0])
    if size is not None and (height, width) != size:
        raise InputError(
            f"{files.code}: its input is {height}x{width}, the model's {size[0]}x{size[1]}",
            "Give the network that was compiled from this model.",
        )
    return _tensor(files, buffer, orders[0])


def _output(files: Files, source: TensorInfo, head: Head | None, classes: int | None) -> TensorInfo:
    """The output's order is the one in which it is a map of classes of the input's proportions."""
    buffer = _only(files, files.network.outputs, "output")
    fits = [order for order in ("hwc", "chw") if _is_map(_shape(buffer, order), source, head, classes)]
    if not fits:
        wanted = f"a map of {classes} classes" if classes else "a map of classes"
        raise InputError(
            f"{files.code}: its output is {_written(buffer)}, not {wanted} for an input of {source.height}x"
            f"{source.width}",
            "n6gen builds apps for segmentation networks only.",
        )
    return _tensor(files, buffer, fits[0])


def _exact_output(files: Files, shape: tuple[int, int, int]) -> TensorInfo:
    buffer = _only(files, files.network.outputs, "output")
    fits = [order for order in ("hwc", "chw") if _shape(buffer, order) == shape]
    if not fits:
        wanted = "x".join(map(str, shape))
        raise InputError(f"{files.code}: its output is {_written(buffer)}, the model's is {wanted} where it is cut")
    return _tensor(files, buffer, fits[0])


def _is_map(shape: tuple[int, int, int], source: TensorInfo, head: Head | None, classes: int | None) -> bool:
    height, width, channels = shape
    if min(shape) < 1 or channels < 2 or (classes is not None and channels != classes):
        return False
    if classes is not None:
        factors = [(1, 1)] if head is None else [(1, 1), (head.factor_height, head.factor_width)]
        return any((height * down, width * right) == (source.height, source.width) for down, right in factors)
    # Without a model: whole factors, the same both ways.
    return source.height % height == 0 and source.height * width == source.width * height


def _decode(
    output: TensorInfo, source: TensorInfo, head: Head | None, decode: Decode, *, known: bool
) -> tuple[Head | None, Decode]:
    factors = source.height // output.height, source.width // output.width
    if factors == (1, 1):
        return None, "argmax"
    upsampling: Decode = "fine" if decode == "argmax" else decode
    if known and head is not None:
        return head, upsampling
    return Head(*factors, output.channels, output.scale, output.zero_point), upsampling


def _only(files: Files, buffers: tuple[Buffer, ...], what: str) -> Buffer:
    if len(buffers) != 1:
        shapes = ", ".join(map(_written, buffers)) or "none"
        raise InputError(
            f"{files.code}: it has {len(buffers)} {what}s ({shapes}); a segmentation network has one",
            "n6gen builds apps for segmentation networks only.",
        )
    return buffers[0]


def _shape(buffer: Buffer, order: str) -> tuple[int, int, int]:
    """Height, width, channels; zeros for what is no picture."""
    if len(buffer.shape) != 4 or buffer.shape[0] != 1:
        return 0, 0, 0
    first, second, third = buffer.shape[1:]
    return (first, second, third) if order == "hwc" else (second, third, first)


def _tensor(files: Files, buffer: Buffer, order: str) -> TensorInfo:
    if buffer.type not in _KNOWN_TYPES:
        raise InputError(f"{files.code}: {buffer.name} has elements of type {buffer.type}, which n6gen cannot feed")
    height, width, channels = _shape(buffer, order)
    # The file has more digits than a float32; the network computes with that.
    scale = float(np.float32(buffer.scale if buffer.scale is not None else 1.0))
    return TensorInfo(height, width, channels, buffer.type, order, scale, buffer.zero_point or 0)


def _written(buffer: Buffer) -> str:
    return "x".join(map(str, buffer.shape)) + f" {buffer.type}"


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
