"""docs/benchmarks.md, made of bench/counts.json and bench/peers.toml."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.counts import Counts, Row
from bench.limits import judged
from bench.peers import Peer, Peers
from bench.subjects import DEMO, MODELS, ROOT, ST

PAGE = ROOT / "docs" / "benchmarks.md"
_NAMES = {
    DEMO: "The demo network (`--model demo`)",
    ST: "ST's DeepLabv3 (`deeplab_v3_mobilenetv2_05_16`, int8)",
}
_HEAD = """<!-- Made by `make docs` from bench/counts.json and bench/peers.toml; changes here are lost. -->

# Benchmarks of the cpu compiler

Instructions of an emulated Cortex-M55 under `-icount`, a frame, median of three. **Instructions are not time**: the
emulator has no caches, no wait states and no dual issue, and a vector instruction takes more than one cycle on the
real core. What the figures are good for: they repeat exactly, on every machine, so that two compilers or two versions
of one can be told apart. Nothing here has run on a real board.

Emulated: the core with Helium, the memories' sizes, the camera's and the LCD's buffers. Not emulated: the Neural-ART
NPU, caches, flash bandwidth, the display pipe ([virtual board](virtual-board.md)).
"""
_WITH = """
Last measured {date}: {gcc},
{qemu}.
"""
_STAGES = """
Stages as in [measuring](measuring.md); the head is cut, decode is `fine`. All kernel sets give the same bytes. Decoding
costs less where the classes do not change, so it depends on the picture: the table has the median and the dearest of
three generated scenes. All other stages cost the same for every picture, and nearly so for every training of one
network: three model files of the demo network differ by 0.03 % (scales that are equal need no requantisation).
"""
_GATE = """
## The gate

`make bench-check` builds and measures the demo network anew (`mve` at 256, 320 and 416, `c` at 320) and fails if a
count has risen by more than 1 % over [bench/counts.json](../bench/counts.json); CI runs it. A fall by more than 1 %
is told, so that the better count can be kept. With another gcc the counts are not comparable: it says so, and judges
nothing.

    python -m bench             measure and show, keep nothing
    python -m bench --write     measure, keep the counts, and make this page anew
    python -m bench --check     the gate

`--models`, `--res` and `--kernels` choose. ST's networks are measured where `N6GEN_SHARED` has them. `python -m bench
--startup` shows what commands cost on this machine, in its own seconds. They depend on the machine, its disk and what
else it does, so nothing is judged by them.
"""
_PEERS = """
## Others

The same network up to its logits (the head cut), on the same emulated core, one inference on one generated scene.
{date}, {qemu} ({models}); **measured once by hand with the versions named; not run again by `make bench`**, as
others' code is no part of this repository. Each ran through `python -m bench --peer` (below), behind a facade of a
few lines. RAM: all writable data of the program but its stack, the heap included. Nothing says that a row is the
best that a peer can do.

The last column: int8 logits, of 20×20×2, that differ from onnxruntime on the integer form (QLinearConv) of the
network, and by how many steps at most. A difference is no error: CMSIS-NN rounds in fixed point, the others compute
the QDQ model in float, where onnxruntime without its optimisations is off by as much (demo: 246 of 800, by ≤ 3;
ST's: 600, by ≤ 15). The arg max of all of them agrees in at least 398 of 400 places.

TFLM and ExecuTorch run CMSIS-NN's kernels behind an interpreter and were not measured.
"""
_AGAIN = """
### Measure one yourself

    python -m bench --peer NAME=DIR --model demo --res 320

DIR is yours: C and assembler files (built with `arm-none-eabi-gcc` and `--peer-flags`, by default `-O3`), objects and
archives (`*.o`, `*.a`, linked as they are, from any compiler) that together implement
[network.h](../templates/app/core/network.h): `network_input_info` and `network_output_info` say type, order, scale
and zero point; `network_init` may ignore its argument; `network_run` does one inference from `network_input()` to
`network_output()`. `--peer-model FILE` writes the ONNX file that such a program has to implement. Counted is
`network_run` alone. The whole program has {memory} to lie in.

    python -m bench --emx

does this with the program `emx-onnx-cgen` (`pip install emx-onnx-cgen`), if it is on PATH.
"""


def page(counts: Counts, peers: Peers) -> str:
    """The whole page."""
    parts = [
        _HEAD,
        _WITH.format(**counts.tools, date=max(row.measured for row in counts.rows)),
        "\n## n6gen\n",
        _STAGES,
    ]
    for model in MODELS:
        rows = [row for row in counts.rows if row.model == model]
        if rows:
            parts += [f"\n### {_NAMES[model]}\n\n", _ours(rows)]
    limits = judged(counts)
    if limits:
        cells = [
            (
                limit.what,
                limit.resolution,
                _number(limit.first),
                f"{limit.most:,}",
                f"{value:,}",
                "yes" if met else "**no**",
            )
            for limit, value, met in limits
        ]
        parts += [
            "\n### Limits, ST's network with `mve`\n\n",
            _table(("what", "at", "first limit", "limit", "is", "met"), cells),
        ]
    parts += [_GATE, _peers_head(peers)]
    for model in MODELS:
        for resolution in sorted({peer.resolution for peer in peers.peers if peer.model == model}):
            own = counts.row((model, resolution, "mve"))
            parts += [f"\n### {_NAMES[model]}, {resolution}×{resolution}\n\n"]
            parts += [
                _beside(
                    peers.of(model, resolution),
                    [row for row in counts.rows if row.model == model and row.resolution == resolution],
                    own,
                )
            ]
    return "".join([*parts, _AGAIN.format(memory="512 MiB")])


def _peers_head(peers: Peers) -> str:
    models = ", ".join(f"{name} {sha256}" for name, sha256 in peers.models.items())
    return _PEERS.format(date=peers.date, qemu=peers.qemu, models=f"models by the first digits of SHA-256: {models}")


def _ours(rows: Sequence[Row]) -> str:
    order = {"mve": 0, "c": 1, "ref": 2}
    cells = []
    for row in sorted(rows, key=lambda row: (row.resolution, order[row.kernels])):
        f = row.figures
        # Decoding depends on the weights: a row that was measured with an older model file does not say.
        same = all(
            r.model_sha256 == row.model_sha256 for r in rows if (r.resolution, r.kernels) == (row.resolution, "mve")
        )
        decode = f"{f['decode']:,} … {f['decode_max']:,}" if same else "n/a (older model file)"
        stages = (f"{f['input']:,}", f"{f['network']:,}", decode, f"{f['present']:,}")
        rate = f"{row.macs / f['network']:.2f}"
        cells.append(
            (row.resolution, f"`{row.kernels}`", *stages, rate, f"{f['arena_bytes']:,}", f"{f['weights_bytes']:,}")
        )
    head = (
        "",
        "kernels",
        "input",
        "network",
        "decode",
        "present",
        "MACs an instruction",
        "activations, B",
        "weights, B",
    )
    return _table(head, cells)


def _beside(peers: Sequence[Peer], ours: Sequence[Row], base: Row | None) -> str:
    lines: list[tuple[int | None, tuple[object, ...]]] = []
    unit = base.figures["network"] if base else None

    def times(count: int) -> str:
        return f"{count / unit:.2f}" if unit else ""

    for row in ours:
        f = row.figures
        what = (f"**n6gen `{row.kernels}`**", "this version", "gcc, as built by `n6gen build`")
        costs = (
            f"{f['network']:,}",
            times(f["network"]),
            f"{f['arena_bytes']:,} + app",
            f"{f['weights_bytes']:,} + app",
        )
        lines.append((f["network"], (*what, *costs, "none", "")))
    for peer in peers:
        count = peer.instructions
        what = (peer.name, peer.version, f"{peer.compiler}, `{peer.flags}`" if peer.flags else peer.compiler)
        costs = (
            f"{count:,}" if count else "not measured",
            times(count) if count else "",
            _number(peer.ram),
            _number(peer.rom),
        )
        lines.append((count, (*what, *costs, peer.differ, peer.note)))
    lines.sort(key=lambda line: (line[0] is None, line[0] or 0))
    head = (
        "what",
        "version",
        "compiler",
        "instructions",
        "× `mve`",
        "RAM, B",
        "code and constants, B",
        "logits that differ",
        "",
    )
    return _table(head, [cells for _, cells in lines])


def _number(number: int | None) -> str:
    return f"{number:,}" if number else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)
