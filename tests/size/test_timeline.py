"""The picture of activations over time: true to the plan, and harmless whatever a model calls its tensors."""

from __future__ import annotations

import itertools
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import onnx
import pytest

from n6gen.compiler.cpu.compile import arrange
from n6gen.compiler.cpu.memory import Timeline, timeline, timeline_of
from n6gen.errors import InputError
from n6gen.model import load
from n6gen.model.import_qdq import import_qdq
from n6gen.size.timeline import svg
from tests.support.cli import n6gen
from tests.support.qdq import QdqBuilder, segmenter

_SPACE = "{http://www.w3.org/2000/svg}"


def rectangles(drawn: str) -> list[tuple[ET.Element, str]]:
    """Those that stand for a stretch of memory, each with what it says of itself."""
    found = [(rect, rect.find(f"{_SPACE}title")) for rect in ET.fromstring(drawn).iter(f"{_SPACE}rect")]
    return [(rect, title.text or "") for rect, title in found if title is not None]


def of(proto: onnx.ModelProto, kernels: str = "mve") -> Timeline:
    return timeline_of(arrange(import_qdq(proto), kernels))


def check(found: Timeline) -> None:
    """Nothing overlaps in time and address, in the plan and as it is drawn; everything is drawn, within the arena."""
    for a, b in itertools.combinations(found.stretches, 2):
        together = a.first <= b.last and b.first <= a.last
        if a.name == b.over or b.name == a.over:
            assert max(a.first, b.first) == min(a.last, b.last)
            continue
        assert not together or a.offset + a.bytes <= b.offset or b.offset + b.bytes <= a.offset, (a, b)
    assert max(s.offset + s.bytes for s in found.stretches) <= found.peak <= found.arena
    drawn = rectangles(svg(found, "m"))
    assert len(drawn) == len(found.stretches)
    boxes = []
    for (rect, says), stretch in zip(drawn, found.stretches, strict=True):
        assert f"{stretch.bytes:,} B at {stretch.offset:,}" in says
        x, y, width, height = (float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
        assert width > 1
        assert 83.9 <= x <= x + width <= 1176.1
        assert 99.9 <= y <= y + height <= 641.6
        boxes.append((x, y, width, height))
    # Half a pixel for rounding; what is too low to be seen is drawn higher than it is.
    for (ax, ay, aw, ah), (bx, by, bw, bh) in itertools.combinations(boxes, 2):
        assert min(ax + aw, bx + bw) - max(ax, bx) < 0.5 or min(ay + ah, by + bh) - max(ay, by) < 1.6


@pytest.mark.parametrize("kernels", ["c", "ref", "mve"])
def test_every_tensor_has_a_rectangle_and_none_overlaps(kernels: str) -> None:
    """A network with skips, sums in place, blocks and buffers; input, output and every layer's tensor are there."""
    graph = import_qdq(segmenter(64, 64, classes=3))
    arranged = arrange(graph, kernels)
    found = timeline_of(arranged)
    check(found)
    tensors = {stretch.name for stretch in found.stretches if stretch.shape is not None}
    assert tensors == set(arranged.program.tensors)
    assert {"input", "output"} <= {stretch.role for stretch in found.stretches}
    (source,) = (stretch for stretch in found.stretches if stretch.role == "input")
    (output,) = (stretch for stretch in found.stretches if stretch.role == "output")
    assert source.first == -1
    assert output.last == len(found.layers)
    first = [s for s in found.stretches if s.first <= 0 <= s.last]
    assert len({at for s in first for at in range(s.offset, s.offset + s.bytes)}) == found.layers[0].bytes


def test_a_sum_takes_its_inputs_place() -> None:
    """One ends where the other begins: the same bytes are never shown as two tensors at once."""
    b = QdqBuilder(8, 8)
    skip = b.conv(b.input, 4)
    found = of(b.model(b.add(b.conv(skip, 4), skip)), "c")
    check(found)
    (total,) = (stretch for stretch in found.stretches if stretch.in_place_of)
    (before,) = (stretch for stretch in found.stretches if stretch.name == total.in_place_of)
    assert (before.offset, before.bytes, before.last) == (total.offset, total.bytes, total.first - 1)


def test_bands_say_what_they_replace(shared: Path) -> None:
    """ST's network at 320: the first block's bands stand for tensors that would be larger; the peak is the arena's."""
    model = load(shared / "models" / "deeplab_v3_mobilenetv2_05_16_320_fft_qdq_int8.onnx")
    found = timeline(model, "mve")
    check(found)
    bands = [stretch for stretch in found.stretches if stretch.role == "bands"]
    assert len(bands) == sum(layer.banded for layer in found.layers) > 10
    widest = max(bands, key=lambda stretch: sum(each.bytes for each in stretch.instead_of))
    assert widest.instead_of[0].shape == (160, 160, 48)
    assert widest.bytes < widest.instead_of[0].bytes == 160 * 160 * 48
    assert found.peak == max(layer.bytes for layer in found.layers) == found.lower_bound
    drawn = svg(found, model.path.name)
    assert "instead of 160×160×48 (1,228,800 B)" in drawn
    assert f"peak {found.peak:,} B" in drawn
    (under,) = (stretch for stretch in found.stretches if stretch.role == "input")
    (over,) = (stretch for stretch in found.stretches if stretch.over == under.name)
    assert (under.last, over.first) == (0, 0)
    assert under.offset < over.offset + over.bytes
    assert f"over {under.name}, as that is read" in drawn


EVIL = "]]></title><script>alert(1)</script>\"'&<!--\x00\x1b[31m\ufffe\u202e\n{{x}}"


@pytest.mark.parametrize("name", [EVIL, "x" * 5000, "&amp;#60;"])
def test_hostile_names_stay_names(name: str) -> None:
    """Whatever a model calls its nodes and tensors: it is XML, with no element that is not ours."""
    proto = segmenter(64, 64)
    renamed = {entry.output[0]: f"{name}{at}" for at, entry in enumerate(proto.graph.node)}
    for at, node in enumerate(proto.graph.node):
        node.name = f"{name}{at}"
        for field in (node.input, node.output):
            field[:] = [renamed.get(word, word) for word in field]
    for value in proto.graph.output:
        value.name = renamed.get(value.name, value.name)
    found = of(proto)
    assert any(name in stretch.name for stretch in found.stretches)
    drawn = svg(found, name)
    tags = {element.tag.removeprefix(_SPACE) for element in ET.fromstring(drawn).iter()}
    assert tags == {"svg", "title", "defs", "pattern", "path", "rect", "text", "line"}
    assert len(rectangles(drawn)) == len(found.stretches)
    assert not {"\x1b", "\x00", "\ufffe", "\u202e"} & set(drawn)
    assert len(drawn) < 60_000


@pytest.mark.parametrize("like", ["scratch 7", "\0scratch 7"])
def test_a_tensor_may_be_called_like_a_scratch(like: str) -> None:
    """It is a tensor like any other; what would be taken for the compiler's own is refused, and not a bug."""
    proto = segmenter(64, 64)
    graph = import_qdq(proto)
    assert any(stretch.first == 7 for stretch in of(proto, "c").stretches if stretch.role == "buffers")
    old = next(node.output for node in graph.nodes)
    for node in proto.graph.node:
        for field in (node.input, node.output):
            field[:] = [like if word == old else word for word in field]
    if like.startswith("s"):
        check(of(proto, "c"))
        return
    with pytest.raises(InputError, match="keeps for itself"):
        of(proto, "c")


def test_a_network_without_layers() -> None:
    """An input that is its own output: one column for each of the two, nothing else."""
    b = QdqBuilder(8, 8)
    found = of(b.model(b.input), "c")
    assert found.layers == ()
    check(found)


def test_the_command_draws_and_counts(tmp_path: Path) -> None:
    """`--memory` writes the picture, `--json` has its numbers; the kernel set can be chosen."""
    model, file = tmp_path / "a model.onnx", tmp_path / "my pictures.svg"
    onnx.save(segmenter(32, 32), model)
    ran = n6gen("model", "show", model, "--memory", file, "--kernels", "c", "--json")
    assert ran.code == 0, ran.err
    memory = ran.json["memory"]
    assert memory["kernels"] == "c"
    assert len(rectangles(file.read_text("utf-8"))) == len(memory["tensors"])
    assert memory["peak"] == max(one["offset"] + one["bytes"] for one in memory["tensors"])
    assert {"name", "first", "last", "offset", "bytes"} <= set(memory["tensors"][0])
    assert json.loads(json.dumps(memory)) == memory
    assert "memory" not in n6gen("model", "show", model, "--json").json
    shown = n6gen("model", "show", model, "--memory", file)
    assert (shown.code, str(file) in shown.err) == (0, True)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A picture that cannot be written ends in one line, not in a traceback."""
    onnx.save(segmenter(), tmp_path / "m.onnx")
    (tmp_path / "file").write_text("")
    ran = n6gen("model", "show", tmp_path / "m.onnx", "--memory", tmp_path / "file" / "x.svg")
    assert ran.code == 5
    assert "x.svg" in ran.err.splitlines()[0]
