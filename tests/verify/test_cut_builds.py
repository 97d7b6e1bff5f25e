"""A build that is cut at a tensor: the app without a mask, and what verifying it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from n6gen.emulator.instance import open_instance
from n6gen.emulator.machine import Machine
from n6gen.errors import BoardError
from n6gen.link import Client, SocketPort
from tests.support.cli import n6gen
from tests.support.journey import SIDE
from tests.verify.bench import Bench
from tests.verify.schema import check

pytestmark = [pytest.mark.arm, pytest.mark.qemu]


@pytest.mark.parametrize(
    ("tensor", "shape"),
    [("conv_7:0_q", (16, 16, 16)), ("globalaveragepool_17:0_q", (1, 1, 8)), ("concat_25:0_q", (8, 8, 16))],
)
def test_the_tensor_is_the_output_and_exact(helium: Bench, tensor: str, shape: tuple[int, int, int]) -> None:
    """Inside of a branch, of one pixel, and wide: compared as any output; there is no mask, in the JSON neither."""
    manifest = helium.build(cut=tensor)
    helium.flash()
    found = helium.verify(frames=2)
    assert found.verdict.exact
    said = found.as_json()
    check(said)
    assert (said["cut"], said["decode"], said["mask_exact"]) == (tensor, "none", None)
    assert said["iou"] == {"integer": [], "onnxruntime": []}
    output = helium.network.output
    assert (output.height, output.width, output.channels) == shape
    assert manifest.model["rewrites"] == ["cut-at"]
    assert [image.device.size for image in found.verdict.frames] == [0, 0]


def test_the_app_says_that_it_has_no_mask(helium: Bench) -> None:
    """Its hello names the decode none and a mask of no pixels; frames run, a mask is refused."""
    helium.build(cut="add_11:0_q")
    helium.flash()
    with Machine.start(open_instance("virtual-0")) as machine:
        client = Client(SocketPort(machine.uart, gone=machine.death))
        client.wait_ready()
        hello = client.hello()
        assert (hello.decode, hello.mask_shape, hello.classes) == ("none", (0, 0), 8)
        machine.camera.post(np.zeros((SIDE, SIDE, 3), np.uint8))
        assert len(client.run(1, 2, timeout=20)) == 2
        with pytest.raises(BoardError, match="no-mask"):
            client.mask()


def test_a_defect_behind_the_cut_is_not_seen_and_one_before_it_is(helium: Bench, tmp_path: Path) -> None:
    """The output of the cut network is judged alone; the command says it in words, as JSON and on the page."""
    shifted = "layer->constant + (1 << (16 + layer->shift))"
    edits = {"kernels/mve/add.c": [("layer->constant,", f"{shifted},")]}
    helium.build(edits, cut="conv_9:0_q")
    helium.flash()
    assert helium.verify().verdict.exact
    helium.build(edits, cut="add_11:0_q")
    helium.flash()
    page = tmp_path / "v.html"
    ran = n6gen("verify", "--build", helium.out, "--frames", helium.files[0], "--html", page)
    assert ran.code == 1, ran.err
    assert "add add_11, tensor add_11:0_q" in ran.out.splitlines()[-1]
    assert "IoU" not in ran.out
    text = page.read_text()
    assert "Not exact" in text
    assert "IoU" not in text


def test_what_needs_a_mask_refuses_the_build(helium: Bench) -> None:
    """measure, live and evaluate: exit 5, and what does take it."""
    helium.build(cut="add_11:0_q")
    for words in (("measure",), ("live",), ("evaluate", "--images", helium.files[0].parent, "--masks", "x")):
        ran = n6gen(*words, "--build", helium.out)
        assert ran.code == 5, ran.err
        assert "cut at add_11:0_q: it makes no mask" in ran.err
        assert "n6gen verify" in ran.err


def test_a_taken_network_cannot_be_cut(tmp_path: Path) -> None:
    """Before anything is looked for."""
    words = ("--board", "virtual", "--network", tmp_path, "--cut", "x", "--out", tmp_path / "b")
    ran = n6gen("build", *words)
    assert ran.code == 5
    assert "--cut and --network" in ran.err
