"""`network.c` of the NPU compiler: the runtime it needs, its pools, its epochs, its inputs and outputs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import attrs

from n6gen.compiler.stedgeai.report import Epoch, EpochCounts, EpochKind, NetworkReport, Pool, place_of
from n6gen.compiler.stedgeai.version import CoreVersion, Quadruple, parse, runtime_for

_RULE = re.compile(
    r"#if LL_ATON_VERSION_MAJOR != (\d+) \|\| LL_ATON_VERSION_MINOR != (\d+) \|\| "
    r"LL_ATON_VERSION_MICRO != (\d+) \|\| LL_ATON_VERSION_DEV != (\d+)\s*#\s*(error|warning)"
)
_BRANCH = re.compile(r'^ \* GIT_BRANCH\s+"STAI-(\d+\.\d+)', re.MULTILINE)
_OPTION = re.compile(r"^ \* --(\S+) = (.*)$", re.MULTILINE)
_NAME = re.compile(r"LL_ATON_EpochBlockItems_(\w+)\(")

_POOL = re.compile(
    r"/\* global pool \d+ is (?:([\d.]+) (B|KB|MB)|\?) \*/\s*"
    r"/\* index=\d+ file postfix=\S* name=(\S+) offset=(0x[0-9a-fA-F]+)\s+\S+ size=(\d+) (vpool )?"
)
_UNITS = {"B": 1, "KB": 1024, "MB": 1024 * 1024}

_BLOCK = re.compile(r"\.flags = ([^,]+),(?:(?!\.flags).)*?\.epoch_num = (\d+),\s*\.last_epoch_num = (\d+)", re.DOTALL)
_KINDS: tuple[tuple[str, EpochKind], ...] = (("pure_sw", "sw"), ("hybrid", "hybrid"), ("pure_hw", "hw"))
_SCHEDULED = re.compile(
    r"/\* scheduling epoch=(\d+) .*?(?=/\* scheduling epoch=|\bLL_ATON_EpochBlockItems_)", re.DOTALL
)
_OPERATOR = re.compile(r"/\* kind=(\w+) node=")

_BUFFER = re.compile(
    r"\.name = \"(?P<name>[^\"]*)\",\s*\.addr_base = \{(?P<base>[^}]*)\}[^}]*?\.offset_start = (?P<start>\d+),\s*"
    r"\.offset_end = (?P<end>\d+),"
    r"(?:(?!\.name = ).)*?\.is_user_allocated = (?P<user>\d),(?:(?!\.name = ).)*?\.mem_shape = (?P<shape>\w+),"
    r"(?:(?!\.name = ).)*?\.type = DataType_(?P<type>\w+),"
    r"(?:(?!\.name = ).)*?(?:\.scale = (?P<scale>\w+),\s*\.offset = (?P<offset>\w+),\s*)?\},",
    re.DOTALL,
)
_ADDRESS = re.compile(r"\((0x[0-9a-fA-F]+)UL\)")
_TYPES = {"INT8": "int8", "UINT8": "uint8", "FLOAT": "float32"}


@attrs.frozen
class Buffer:
    """An input or output. `shape` is as it lies in memory, outermost first, batch included.

    `address` is None for a buffer that the application provides; `type` is int8, uint8, float32 or what the file says;
    `scale` and `zero_point` are None without quantisation, or with one for each channel.
    """

    name: str
    address: int | None
    size: int
    shape: tuple[int, ...]
    type: str
    scale: float | None
    zero_point: int | None


@attrs.frozen
class NetworkC:
    """What a `network.c` says of itself. `strict`: it refuses another runtime (#error) instead of warning.

    `name` is the C name in its functions; `core` is the release by its runtime numbers, or by the branch it was built
    from (then only two numbers are right), None if neither is known.
    """

    name: str
    runtime: Quadruple
    strict: bool
    core: CoreVersion | None
    branch: str | None
    options: dict[str, str]
    pools: tuple[Pool, ...]
    epochs: tuple[Epoch, ...]
    counts: EpochCounts
    inputs: tuple[Buffer, ...]
    outputs: tuple[Buffer, ...]


def is_network_c(text: str) -> bool:
    """Whether `text` is C code of the NPU compiler's."""
    return _RULE.search(text) is not None and _NAME.search(text) is not None


def is_cpu_network_c(text: str) -> bool:
    """Whether `text` is C code that the tool made for the CPU."""
    return "AI Tool Automatic Code Generator for Embedded NN computing" in text[:2000]


def read_network_c(text: str) -> NetworkC:
    """Read `network.c`. Raises ValueError if it is none."""
    rule, named = _RULE.search(text), _NAME.search(text)
    if rule is None or named is None:
        raise ValueError("no code of the NPU compiler's")
    major, minor, micro, dev = (int(number) for number in rule.groups()[:4])
    numbers = (major, minor, micro, dev)
    release, branch = runtime_for(numbers), _BRANCH.search(text)
    name = named[1]
    epochs, counts = _epochs(text, named.start(), marked=numbers >= (1, 1, 3, 0))
    return NetworkC(
        name=name,
        runtime=numbers,
        strict=rule[5] == "error",
        core=parse(release.core) if release else None,
        branch=branch[1] if branch else None,
        options=dict(_OPTION.findall(text)),
        pools=_pools(text),
        epochs=epochs,
        counts=counts,
        inputs=tuple(_buffers(text, f"LL_ATON_Input_Buffers_Info_{name}", first_only=True)),
        outputs=tuple(_buffers(text, f"LL_ATON_Output_Buffers_Info_{name}", first_only=False)),
    )


def report_of(network: NetworkC) -> NetworkReport:
    """The same as a report."""
    provided = [sum(b.size for b in side if b.address is None) for side in (network.inputs, network.outputs)]
    return NetworkReport(
        kind="network.c",
        tool="stedgeai",
        core=network.core,
        release=network.branch,
        path="npu",
        pools=network.pools,
        counts=network.counts,
        epochs=network.epochs,
        application_io=(provided[0], provided[1]) if any(provided) else None,
        notes=("epochs as network.c's own table has them; the tool's report counts a few differently",),
    )


def _pools(text: str) -> tuple[Pool, ...]:
    spans = _spans(text)
    found = []
    for amount, unit, name, offset, size, virtual in _POOL.findall(text):
        if virtual or name.startswith("_user_io_"):
            continue
        base, length = int(offset, 16), int(size)
        said = round(float(amount) * _UNITS[unit]) if amount else 0
        found.append(Pool(name, base, length, _used(base, length, said, amount, unit, spans), _holds(base, said)))
    return tuple(found)


def _used(base: int, size: int, said: int, amount: str, unit: str, spans: Sequence[tuple[int, int]]) -> int:
    """Bytes used of a pool: two decimals of a MB are 5 KiB, so the buffers' ends decide, where they agree with it."""
    if not amount:
        return 0
    ends = [min(end, base + size) - base for start, end in spans if start < base + size and end > base]
    reached = max(ends, default=0)
    return reached if abs(reached - said) <= _UNITS[unit] * 0.005 + 1 else said


def _holds(base: int, used: int) -> tuple[str, ...]:
    if not used:
        return ()
    return ("weights",) if place_of(base) == "flash" else ("activations",)


def _spans(text: str) -> list[tuple[int, int]]:
    spans = []
    for match in _BUFFER.finditer(text):
        address = _ADDRESS.search(match["base"])
        if address:
            spans.append((int(address[1], 16) + int(match["start"]), int(address[1], 16) + int(match["end"])))
    return spans


def _epochs(text: str, table: int, *, marked: bool) -> tuple[tuple[Epoch, ...], EpochCounts]:
    """The blocks that the runtime runs. `marked`: bookkeeping epochs are numbered inside of blobs (from 3.0 on)."""
    operators = {int(m[1]): tuple(dict.fromkeys(_OPERATOR.findall(m[0]))) for m in _SCHEDULED.finditer(text)}
    seen: dict[EpochKind, set[int]] = {"hw": set(), "hybrid": set(), "sw": set()}
    epochs, blobs, gaps = [], 0, False
    for flags, first, last in _BLOCK.findall(text[table : text.find("EpochBlock_Flags_last_eb", table)]):
        kind = next((kind for flag, kind in _KINDS if flag in flags), None)
        if kind is None or "internal" in flags:
            continue
        numbers = range(int(first), int(last) + 1)
        blobs += "_blob" in flags
        gaps = gaps or (marked and "_blob" in flags)
        seen[kind].update(numbers)
        name = f"epoch_{first}" if len(numbers) == 1 else f"epochs {first} -> {last}"
        epochs.append(Epoch(name, kind, operators.get(int(first), ()) if kind != "hw" else ()))
    hw, hybrid, sw = (len(seen[kind]) for kind in ("hw", "hybrid", "sw"))
    if not epochs:
        return (), EpochCounts()
    if gaps:
        # How many of the numbers in a blob are real epochs is not in the file.
        return tuple(epochs), EpochCounts(None, None, hybrid, sw, blobs)
    return tuple(epochs), EpochCounts(hw + hybrid + sw, hw, hybrid, sw, blobs)


def _buffers(text: str, function: str, *, first_only: bool) -> Iterator[Buffer]:
    start = text.find(f" *{function}(")
    body = text[start : text.find("\n}", start)]
    if first_only:
        # Behind the inputs, for debugging, come all weights.
        table = body.find("LL_Buffer_InfoTypeDef buff_info[]")
        end = body.find("#if LL_ATON_DBG_BUFFER_INFO_EXCLUDED", table)
        body = body[: end if end >= 0 else len(body)] + "\n    },"
    for match in _BUFFER.finditer(body):
        yield _buffer(match, body)


def _buffer(match: re.Match[str], body: str) -> Buffer:
    address = _ADDRESS.search(match["base"])
    base = int(address[1], 16) + int(match["start"]) if address and match["user"] == "0" else None
    scales, offsets = _numbers(body, match["scale"]), _numbers(body, match["offset"])
    single = len(scales) == 1
    return Buffer(
        name=match["name"],
        address=base,
        size=int(match["end"]) - int(match["start"]),
        shape=tuple(int(number) for number in _numbers(body, match["shape"])),
        type=_TYPES.get(match["type"], match["type"]),
        scale=float(scales[0]) if single else None,
        zero_point=int(offsets[0]) if single else None,
    )


def _numbers(body: str, array: str | None) -> list[str]:
    if array is None:
        return []
    match = re.search(rf"\b{array}\[\] = \{{([^}}]*)\}}", body)
    return [word.strip() for word in match[1].split(",")] if match else []
