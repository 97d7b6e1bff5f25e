"""The cpu compiler against onnxruntime on networks made for it: any shape, any operator, hostile numbers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from n6gen.compiler.cpu import compile as cpu_compile
from n6gen.compiler.cpu.compile import compile_graph
from n6gen.compiler.cpu.lower import lower
from n6gen.errors import InputError
from n6gen.model.import_qdq import import_qdq
from n6gen.model.reference import IntegerReference
from n6gen.resources import data_dir
from n6gen.tools.run import run
from tests.compiler.checking import images
from tests.compiler.on_host import WARNINGS, HostCompiler, check, compare
from tests.support.qdq import QdqBuilder, segmenter

_KERNELS = ["c", "ref"]

# Every example compiles a network; tmp_path may be one for all.
_SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _inputs(proto: onnx.ModelProto, count: int = 4) -> list[np.ndarray]:
    graph = import_qdq(proto)
    source = graph.tensors[graph.input]
    return images(source.height, source.width, source.channels)[:count]


@pytest.mark.parametrize("kernels", _KERNELS)
def test_a_small_segmenter(tmp_path: Path, fast: HostCompiler, sanitized: HostCompiler, kernels: str) -> None:
    """All operators in one network, with and without sanitizers."""
    proto = segmenter(24, 20, classes=3, factor=5)
    compare(fast, proto, tmp_path / "network", kernels, _inputs(proto))
    check(sanitized, IntegerReference(proto), tmp_path / "spread", kernels, spread=True)


@pytest.mark.parametrize("kernels", _KERNELS)
@pytest.mark.parametrize(
    ("channels", "out", "groups", "kernel"),
    [
        (8, 24, 1, 1),
        (9, 7, 1, 1),
        (3, 16, 1, (3, 3)),
        (6, 4, 2, (1, 3)),
        (4, 8, 4, 3),
        (13, 13, 13, (5, 2)),
        (1, 1, 1, 2),
    ],
)
def test_shapes_of_blocks_and_tails(
    tmp_path: Path, sanitized: HostCompiler, kernels: str, channels: int, out: int, groups: int, kernel: int
) -> None:
    """Channels and depths that fill the register blocks and that don't, groups, an odd number of pixels."""
    b = QdqBuilder(5, 7, channels, zero_point=-9)
    x = b.conv(b.input, out, kernel, groups=groups, pads=(1, 0, 0, 2), lowest=-128)
    check(sanitized, IntegerReference(b.model(x)), tmp_path / "network", kernels, spread=True)


@pytest.mark.parametrize("kernels", _KERNELS)
def test_lowest_weights(tmp_path: Path, sanitized: HostCompiler, kernels: str) -> None:
    """Weights of -128 throughout, with inputs of -128."""
    b = QdqBuilder(6, 6, 16, zero_point=127)
    x = b.conv(b.input, 6, 3, weights=np.full((6, 16, 3, 3), -128, np.int8))
    x = b.depthwise(x, weights=np.full((6, 1, 3, 3), -128, np.int8))
    compare(sanitized, b.model(x), tmp_path / "network", kernels, images(6, 6, 16))


@pytest.mark.parametrize("kernels", _KERNELS)
def test_dead_channels(tmp_path: Path, sanitized: HostCompiler, kernels: str) -> None:
    """A channel whose bias was saturated at INT32_MIN because its weight scale is next to nothing is its zero point."""
    b = QdqBuilder(6, 6, zero_point=-128)
    bias = np.array([100, -(2**31), 2**31 - 1, -50], np.int32)
    scale = np.array([0.002, 9e-24, 1e-20, 0.001], np.float32)
    proto = b.model(b.conv(b.input, 4, 3, weight_scale=scale, bias_values=bias, zero_point=5))
    compare(sanitized, proto, tmp_path / "network", kernels, images(6, 6, 3))
    (layer,) = lower(import_qdq(proto)).layers
    assert layer.operation.dead == 2
    assert "(2 dead channels)" in (tmp_path / "network" / "network.c").read_text()


@pytest.mark.parametrize("kernels", _KERNELS)
def test_sums_beyond_24_bits(tmp_path: Path, fast: HostCompiler, kernels: str) -> None:
    """A sum that float32 cannot hold is rounded half to even first, as onnxruntime does it, and then once more."""
    b = QdqBuilder(16, 16, 1, scale=2.0**-7)
    # The multiplier is 2^-20. Around (n + 0.5) * 2^20, float32 has every 4th or 8th whole number only.
    bias = np.array([(2 * n + 1) * 2**19 for n in (40, 41, 100, 101, -73, -72)], np.int32)
    made = b.conv(
        b.input,
        6,
        weights=np.array([1, 1, 1, -1, 1, -1], np.int8).reshape(6, 1, 1, 1),
        weight_scale=np.full(6, 2.0**-13, np.float32),
        bias_values=bias,
        zero_point=0,
    )
    b.constant("conv_1:0_scale", np.float32(1))
    proto = b.model(made)
    image = np.arange(-128, 128).astype(np.int8).reshape(16, 16, 1)
    compare(fast, proto, tmp_path / "network", kernels, [image])
    steps = fast.run(cpu_compile.Network.load(tmp_path / "network"), [image])[0].reshape(256, 6)
    assert steps[128 - 3 : 128 + 4, 2].tolist() == [100] * 7
    assert steps[128 + 5, 2] == 101


def test_scales_that_overflow_are_refused_by_name(tmp_path: Path) -> None:
    """A multiplier that is no number is refused before it reaches C."""
    b = QdqBuilder(4, 4, scale=1e30)
    x = b.conv(b.input, 3, weight_scale=np.array([1.0, 1e30, 1.0], np.float32), bias=False, name="huge")
    with pytest.raises(InputError, match=r"^huge: the scales of its channel 1 overflow float32"):
        compile_graph(import_qdq(b.model(x)), tmp_path, kernels="c", head=None, decode="argmax")


@pytest.mark.parametrize(("height", "width"), [(20, 20), (13, 7), (1, 3), (26, 26)])
def test_averages_that_lie_between_two_steps(tmp_path: Path, fast: HostCompiler, height: int, width: int) -> None:
    """With equal scales many exact means end in .5, and the float32 sum's own order decides."""
    b = QdqBuilder(height, width, 64, scale=0.0235294122248888, zero_point=-128)
    made = b.node("GlobalAveragePool", [b.input.name])
    proto = b.model(b.quantise(made, 1, 1, 64, b.input.scale, -128))
    random = np.random.default_rng(0)
    flat = [random.integers(-128, -128 + 2**k, (height, width, 64)).astype(np.int8) for k in (1, 2, 4, 7)]
    compare(fast, proto, tmp_path / "network", "c", [*images(height, width, 64), *flat])


def test_pads_between_other_operators(tmp_path: Path, sanitized: HostCompiler) -> None:
    """A pad that a convolution and an addition read is both folded and made; pads of pads add up."""
    b = QdqBuilder(4, 5, 4, zero_point=11)
    padded = b.pad(b.pad(b.input, (1, 0, 2, 1)), (0, 2, 0, 1))
    proto = b.model(b.add(b.depthwise(padded, pads=(1, 1, 1, 1), zero_point=-3), padded))
    compare(sanitized, proto, tmp_path / "network", "c", images(4, 5, 4))
    kinds = [layer.kind for layer in cpu_compile.Network.load(tmp_path / "network").layers]
    assert kinds == ["depthwise", "pad", "add"]


def test_a_network_of_views_only(tmp_path: Path, fast: HostCompiler) -> None:
    """Nothing to do is done: the output is the input."""
    b = QdqBuilder(1, 1, 3)
    graph = import_qdq(b.model(b.reshape(b.squeeze(b.input))))
    network = compile_graph(graph, tmp_path / "network", kernels="c", head=None, decode="argmax")
    assert network.layers == ()
    assert network.weights_bytes == 16
    fast.build(network)


@settings(deadline=None, max_examples=20)
@given(name=st.text(max_size=30))
def test_any_node_name_is_a_comment(name: str) -> None:
    """A node's name can neither end a comment nor begin one, nor bring a byte that is not ASCII."""
    from n6gen.compiler.cpu.wording import comment

    text = comment(f"{name}*//*/")
    assert "*/" not in text
    assert "/*" not in text
    assert text.isascii()
    assert text.isprintable()


@pytest.mark.parametrize("kernels", _KERNELS)
def test_the_same_model_gives_the_same_bytes(tmp_path: Path, kernels: str) -> None:
    """In another folder, and in another process with another hash seed; unchanged files keep their time."""
    proto = segmenter()
    file = tmp_path / "model.onnx"
    onnx.save(proto, file)
    script = (
        "import sys, onnx; from pathlib import Path; from n6gen.model.import_qdq import import_qdq;"
        "from n6gen.compiler.cpu.compile import compile_graph;"
        "compile_graph(import_qdq(onnx.load(sys.argv[1])), Path(sys.argv[2]), kernels=sys.argv[3], head=None,"
        " decode='argmax')"
    )
    out = tmp_path / "other"
    command = [sys.executable, "-c", script, file, out, kernels]
    subprocess.run(command, check=True, timeout=60, env={"PYTHONHASHSEED": "7"})
    here = tmp_path / "here"
    compile_graph(import_qdq(proto), here, kernels=kernels, head=None, decode="argmax")
    names = ["network.c", "network.json", "weights.bin"]
    assert [(here / name).read_bytes() for name in names] == [(out / name).read_bytes() for name in names]
    before = [(here / name).stat().st_mtime_ns for name in names]
    compile_graph(import_qdq(proto), here, kernels=kernels, head=None, decode="argmax")
    assert [(here / name).stat().st_mtime_ns for name in names] == before


def test_an_unknown_kernel_set_is_refused(tmp_path: Path) -> None:
    """With those that exist."""
    with pytest.raises(InputError, match="no kernel set 'fast'") as error:
        compile_graph(import_qdq(segmenter()), tmp_path, kernels="fast", head=None, decode="argmax")
    assert "c, ref" in error.value.things_to_try[0]


@pytest.mark.arm
@pytest.mark.parametrize("kernels", _KERNELS)
def test_it_builds_for_the_board_without_a_warning(tmp_path: Path, kernels: str) -> None:
    """For the Cortex-M55 and for the host at the highest optimisation, warnings being errors."""
    network = compile_graph(import_qdq(segmenter()), tmp_path, kernels=kernels, head=None, decode="argmax")
    templates = data_dir("templates")
    sources = [network.source_file, *(templates / name for name in network.sources)]
    includes = [f"-I{templates / name}" for name in (*network.includes, "app/core")]
    board = ["arm-none-eabi-gcc", "-mcpu=cortex-m55", "-mfloat-abi=hard", "-mthumb"]
    for compiler in (board, ["gcc", "-m64"]):
        for source in sources:
            words = [*compiler, "-std=c11", "-O3", *WARNINGS, "-ffp-contract=off", *includes]
            result = run([*words, "-c", source, "-o", tmp_path / "object.o"], timeout=60)
            assert result.ok, result.output


def test_fast_math_is_refused_at_compile_time(tmp_path: Path) -> None:
    """-ffast-math would change results; the kernels don't compile with it."""
    folder = data_dir("templates") / "kernels"
    words = ["gcc", "-std=c11", "-O2", "-ffast-math", f"-I{folder}", "-c", folder / "ref" / "add.c"]
    result = run([*words, "-o", tmp_path / "object.o"], timeout=60)
    assert not result.ok
    assert "fast-math" in result.output
