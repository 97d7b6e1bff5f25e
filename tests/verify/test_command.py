"""The command: what it prints, writes and exits with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from n6gen.emulator.instance import open_instance
from n6gen.emulator.machine import Machine
from tests.support.bridge import as_tcp
from tests.support.cli import n6gen
from tests.verify.bench import Bench
from tests.verify.schema import check

pytestmark = [pytest.mark.arm, pytest.mark.qemu]

_DOCS = Path(__file__).resolve().parents[2] / "docs" / "verifying.md"


def test_an_exact_board(helium: Bench, tmp_path: Path) -> None:
    """Exit 0, what was compared, JSON with the keys of the documentation, a page that needs nothing else."""
    helium.build()
    helium.flash()
    said, page = tmp_path / "v.json", tmp_path / "v.html"
    words = ("--every-tensor", "--json", said, "--html", page, "--frames", *helium.files)
    ran = n6gen("verify", "--build", helium.out, *words)
    assert ran.code == 0, ran.err
    layers = len(helium.network.layers)
    assert f"Verdict: exact. Every tensor, {2 * (layers + 2)} tensors (" in ran.out
    result = json.loads(said.read_text())
    check(result)
    assert result["verdict"] == {"exact": True, "wrong": None, "frame": None}
    assert set(result["iou"]["integer"]) <= {1.0, None}
    documented = _DOCS.read_text()
    for key in (*result, *result["compared"], *result["frames"][0]):
        assert f"`{key}`" in documented
    text = page.read_text()
    assert "http" not in text.replace("http-equiv", "")
    assert "<script" not in text
    (kept,) = (Path(line.removeprefix("kept: ")) for line in ran.err.splitlines() if line.startswith("kept: "))
    assert json.loads((kept / "session.json").read_text()) == result
    assert (kept / "uart.bin").stat().st_size > 1000
    assert n6gen("report", "--json").code == 5, "a verification is no session to report on"


def test_a_board_with_a_defect(helium: Bench, tmp_path: Path) -> None:
    """Exit 1; layer, tensor, shape and the first elements in words, in JSON and on the page."""
    helium.build()
    helium.flip(helium.weights_of(2))
    layer, page = helium.network.layers[2], tmp_path / "v.html"
    ran = n6gen("verify", "--build", helium.out, "--frames", helium.files[0], "--json", "--html", page)
    assert ran.code == 1, ran.err
    result = ran.json
    check(result)
    assert result["verdict"] == {"exact": False, "wrong": "network", "frame": "noise0"}
    found = result["frames"][0]["layer"]
    assert (found["name"], found["tensor"], found["index"], found["origins"]) == (layer.name, layer.tensor, 2, [2])
    assert found["shape"] == [layer.height, layer.width, layer.channels]
    assert 0 < found["differing"] <= layer.height * layer.width
    assert found["differing_channels"] == 1
    assert found["largest"] >= abs(found["first"][0]["expected"] - found["first"][0]["found"]) > 0
    shown = n6gen("verify", "--build", helium.out, "--frames", helium.files[0])
    assert shown.code == 1
    sentence = f"layer 2 is the first that differs: pointwise {layer.name}, tensor {layer.tensor}"
    assert sentence in shown.out.splitlines()[-1]
    assert sentence in page.read_text()


def _copy(bench: Bench, to: Path) -> Path:
    bench.build()
    bench.flash()
    shutil.copytree(bench.out, to, ignore=shutil.ignore_patterns("project"))
    return to


def test_a_build_without_its_model(helium: Bench, tmp_path: Path) -> None:
    """There is nothing to compare with: exit 5 at once, with what helps."""
    folder = _copy(helium, tmp_path / "b")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["model"]["file"] = None
    (folder / "manifest.json").write_text(json.dumps(manifest))
    ran = n6gen("verify", "--build", folder, "--json")
    assert ran.code == 5
    assert "without its model" in ran.json["error"]["message"]
    assert "--model" in ran.json["error"]["things_to_try"][0]


def test_a_network_of_another_model(helium: Bench, tmp_path: Path) -> None:
    """Another scale of the output is no difference of bytes: not comparable, exit 6."""
    folder = _copy(helium, tmp_path / "b")
    file = folder / "network" / "network.json"
    network = json.loads(file.read_text())
    network["output"]["scale"] *= 2
    file.write_text(json.dumps(network))
    ran = n6gen("verify", "--build", folder, "--json")
    assert ran.code == 6
    assert "scale or zero point" in ran.json["error"]["message"]


def test_another_build_on_the_board(helium: Bench, tmp_path: Path) -> None:
    """It is not compared: exit 4."""
    folder = _copy(helium, tmp_path / "b")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["build_id"] = "ab" * 32
    (folder / "manifest.json").write_text(json.dumps(manifest))
    ran = n6gen("verify", "--build", folder, "--json", "--scene", "1")
    assert ran.code == 4
    kept = next(hint for hint in ran.json["error"]["things_to_try"] if " are in " in hint)
    check(json.loads((Path(kept.split(" are in ")[1].rstrip(".")) / "session.json").read_text()))
    assert "n6gen flash" in ran.err


def test_over_a_port_the_frames_go_up(helium: Bench) -> None:
    """As a real board is reached: a picture is sent once and every tensor of it compared; a defect is named alike."""
    helium.build()
    helium.flip(helium.weights_of(2))
    with Machine.start(open_instance("virtual-0")) as machine, as_tcp(machine.uart) as port:
        ran = n6gen("verify", "--build", helium.out, "--port", port, "--frames", helium.files[0], "--json")
    assert ran.code == 1, ran.err
    (frame,) = ran.json["frames"]
    assert (frame["wrong"], frame["layer"]["index"], frame["input"]) == (["network"], 2, None)
    assert ran.json["serial"] is None
