"""`n6gen evaluate` as a user runs it, on generated scenes: on the host, on the emulated board, killed and resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

from n6gen.emulator.instance import open_instance
from n6gen.emulator.machine import Machine
from n6gen.errors import InputError
from n6gen.evaluate.metric import Score, confusion
from n6gen.evaluate.state import open_state
from n6gen.scenes import render
from tests.support.bridge import as_pty
from tests.support.cli import n6gen
from tests.support.journey import SIDE, build, flash, tiny_model
from tests.support.qdq import segmenter


def scenes(folder: Path, count: int, size: int = SIDE) -> list[str | Path]:
    """The options that name so many generated scenes with their masks."""
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True)
    for seed in range(count):
        scene = render(seed, size)
        Image.fromarray(scene.image).save(folder / "images" / f"{seed:03d}.png")
        Image.fromarray(scene.mask).save(folder / "masks" / f"{seed:03d}.png")
    return ["--images", folder / "images", "--masks", folder / "masks"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model."""
    folder = tmp_path_factory.mktemp("evaluate home")
    tiny_model(folder)
    return folder


def test_a_model_by_itself(home: Path, tmp_path: Path) -> None:
    """Both host runs; the integer one's figures follow from its matrix, and the input maps are compared."""
    options = scenes(tmp_path, 3, size=48)
    ran = n6gen("evaluate", *options, "--model", home / "tiny0.onnx", "--compare-input-maps", "--json")
    assert ran.code == 0, ran.err
    said = ran.json
    assert list(said["results"]) == ["integer", "onnxruntime", "integer-raw"]
    for result in said["results"].values():
        matrix = np.array(result["confusion"])
        assert matrix.sum() == 3 * SIDE * SIDE
        score = Score([matrix])
        assert 0 <= result["st_miou"] <= 1
        assert (result["miou"], result["pixel_accuracy"], result["iou"]) == (
            score.miou,
            score.pixel_accuracy,
            score.iou,
        )
    raw = said["differences"][1]
    assert (raw["of"], raw["from"]) == ("integer-raw", "integer")
    assert raw["miou"] == said["results"]["integer-raw"]["miou"] - said["results"]["integer"]["miou"]
    assert (
        n6gen("evaluate", *options, "--model", home / "tiny0.onnx", "--input-map", "raw", "--json").json["results"][
            "integer"
        ]
        == (said["results"]["integer-raw"])
    )
    read = n6gen("evaluate", *options, "--model", home / "tiny0.onnx", "--limit", "2")
    assert "2 pictures" in read.out
    assert "mean IoU" in read.out


def test_errors_end_in_5_before_anything_runs(home: Path, tmp_path: Path) -> None:
    """A missing mask, sizes that differ, an index that is no class, an empty folder, no build, no board for a model."""
    options = scenes(tmp_path, 2)
    model = ["--model", home / "tiny0.onnx"]
    masks = tmp_path / "masks"

    def refused(*words: str | Path) -> str:
        ran = n6gen("evaluate", *(words or (*options, *model)))
        assert ran.code == 5, ran.err
        assert "Traceback" not in ran.err
        return ran.err

    assert "runs on the host only" in refused(*options, *model, "--on", "board")
    assert "no build folder" in refused(*options, "--build", tmp_path / "nothing")
    (masks / "000.png").rename(masks / "x.png")
    assert "no mask for" in refused()
    Image.new("L", (SIDE, SIDE), 77).save(masks / "000.png")
    assert "holds class 77" in refused()
    Image.new("L", (SIDE, SIDE - 1)).save(masks / "000.png")
    assert f"has {SIDE}×{SIDE - 1} pixels" in refused()
    (tmp_path / "empty").mkdir()
    assert "no picture in" in refused("--images", tmp_path / "empty", "--masks", masks, *model)
    for mask in ("000", "001"):
        Image.new("L", (SIDE, SIDE), 255).save(masks / f"{mask}.png")
    assert "no pixel of 2 masks counts" in refused(*options, *model, "--void", "255")
    background = n6gen("evaluate", *options, *model, "--void", "255", "--void-is-background", "--json").json
    assert sum(background["results"]["integer"]["confusion"][0]) == 2 * SIDE * SIDE


def test_maps_are_compared_on_the_host_only(tmp_path: Path) -> None:
    """Anything else is a wrong command line; so is a background of nothing."""
    assert n6gen("evaluate", *scenes(tmp_path / "other", 1), "--void-is-background").code == 2
    ran = n6gen("evaluate", *scenes(tmp_path, 1), "--on", "board", "--compare-input-maps")
    assert ran.code == 2
    assert "--compare-input-maps needs the host" in ran.err


def killed(done: int, *words: str | Path) -> int:
    """Run `n6gen evaluate`, kill it when so many pictures are done; how many were."""
    folder = Path(os.environ["N6GEN_STATE_DIR"]) / "evaluations"
    argv = [sys.executable, "-m", "n6gen", "evaluate", *map(str, words)]

    def lines() -> int:
        return sum(file.read_bytes().count(b"\n") for file in folder.glob("*.jsonl"))

    # On a loaded machine it may be over before anybody looked; then nothing is left of it and it can be run again.
    for _ in range(5):
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        while process.poll() is None and lines() < done:
            time.sleep(0.002)
        process.kill()
        if process.wait() == -signal.SIGKILL and lines() >= done:
            return lines()
    pytest.fail("it always ended before it could be killed")


def test_killed_and_resumed(tmp_path: Path) -> None:
    """The result is that of an undisturbed run; a torn line is done again; --fresh starts anew; nothing is left."""
    side = 128
    onnx.save(segmenter(side, side, factor=4, seed=1), tmp_path / "m.onnx")
    words = [*scenes(tmp_path, 60, size=side), "--model", tmp_path / "m.onnx", "--json"]
    whole = n6gen("evaluate", *words)
    assert whole.code == 0, whole.err
    done = killed(3, *words)
    assert done < 60
    (state,) = (Path(os.environ["N6GEN_STATE_DIR"]) / "evaluations").glob("*.jsonl")
    with state.open("a") as file:
        file.write('{"name": "059", "matri')
    resumed = n6gen("evaluate", *words)
    assert f"{done} of 60 pictures were done before" in resumed.err
    assert resumed.out == whole.out
    assert not state.exists()
    killed(3, *words)
    fresh = n6gen("evaluate", *words, "--fresh")
    assert "done before" not in fresh.err
    assert fresh.out == whole.out


def test_a_changed_mask_is_no_old_state(home: Path, tmp_path: Path) -> None:
    """What was done for other files is not continued."""
    words = [*scenes(tmp_path, 40), "--model", home / "tiny0.onnx", "--json"]
    killed(2, *words)
    Image.new("L", (SIDE, SIDE), 1).save(tmp_path / "masks" / "000.png")
    ran = n6gen("evaluate", *words)
    assert ran.code == 0
    assert "done before" not in ran.err


@pytest.mark.arm
@pytest.mark.qemu
@pytest.mark.parametrize("input_map", ["exact", "raw"])
def test_the_board_equals_the_host(home: Path, tmp_path: Path, input_map: str) -> None:
    """cpu compiler: every figure of the emulated board is the integer reference's, by either map; also after a kill."""
    assert build(home / "tiny0.onnx", tmp_path / "b", "--input-map", input_map).code == 0
    assert flash(tmp_path / "b").code == 0
    words = [*scenes(tmp_path, 12), "--build", tmp_path / "b"]
    done = killed(2, *words, "--on", "both")
    ran = n6gen("evaluate", *words, "--on", "both", "--json")
    assert ran.code == 0, ran.err
    assert f"{done} of 12 pictures were done before" in ran.err
    said = ran.json
    assert said["results"]["virtual"] == said["results"]["integer"]
    assert said["verdict"] == {"exact": True}
    device = next(row for row in said["differences"] if row["of"] == "virtual")
    assert (device["miou"], device["pixel_accuracy"], device["pixels_differing"]) == (0, 0, 0)
    alone = n6gen("evaluate", *words, "--on", "board", "--json").json
    assert alone["results"] == {"virtual": said["results"]["integer"]}
    assert n6gen("evaluate", *words, "--json").json["results"]["integer"] == said["results"]["integer"]


@pytest.mark.arm
@pytest.mark.qemu
def test_a_board_behind_a_port(home: Path, tmp_path: Path) -> None:
    """Pictures go up the link, masks come down: what a real board is judged by, here of the emulated app."""
    assert build(home / "tiny0.onnx", tmp_path / "b").code == 0
    assert flash(tmp_path / "b").code == 0
    words = [*scenes(tmp_path, 3), "--build", tmp_path / "b"]
    with Machine.start(open_instance("virtual-0")) as machine, as_pty(machine.uart) as port:
        ran = n6gen("evaluate", *words, "--on", "both", "--port", port, "--json")
        assert ran.code == 0, ran.err
        assert ran.json["results"]["virtual"] == ran.json["results"]["integer"]
        assert ran.json["verdict"] == {"exact": True}
        assert machine.camera.taken == 0
    refused = n6gen("evaluate", *words, "--port", port)
    assert refused.code == 2
    assert "--on board or --on both" in refused.err


@pytest.mark.arm
@pytest.mark.qemu
def test_a_board_that_holds_another_build(home: Path, tmp_path: Path) -> None:
    """An empty board, then one with another network: exit 4, with what helps; nothing is judged."""
    other = tiny_model(tmp_path, seed=1)
    assert build(home / "tiny0.onnx", tmp_path / "b").code == 0
    assert build(other, tmp_path / "other").code == 0
    words = [*scenes(tmp_path, 2), "--build", tmp_path / "b", "--on", "both"]
    empty = n6gen("evaluate", *words)
    assert empty.code == 4, empty.err
    assert flash(tmp_path / "other").code == 0
    wrong = n6gen("evaluate", *words)
    assert wrong.code == 4
    assert "n6gen flash" in wrong.err
    assert not wrong.out
    assert flash(tmp_path / "b").code == 0
    assert "done before" not in (right := n6gen("evaluate", *words)).err
    assert right.code == 0
    assert "every pixel of the board equals the integer reference" in right.out


def test_it_runs_once_at_a_time(tmp_path: Path) -> None:
    """A second call for the same files is told to wait; a call for others is not."""
    with open_state(["one"], fresh=False):
        with pytest.raises(InputError, match="running already"), open_state(["one"], fresh=True):
            pass
        with open_state(["two"], fresh=False) as state:
            assert not state.done


def test_the_matrix_is_that_of_the_masks(home: Path, tmp_path: Path) -> None:
    """The integer run's matrix is the reference's masks counted by hand."""
    from n6gen.evaluate.subject import unbuilt
    from n6gen.model import InputDeclaration

    words = scenes(tmp_path, 2)
    subject = unbuilt(
        home / "tiny0.onnx", InputDeclaration(), {"decode": "fine", "keep_head": False, "input_map": "exact"}
    )
    host = subject.on_host()
    found = [(render(seed, SIDE).mask, host.mask(render(seed, SIDE).image)) for seed in range(2)]
    wanted = sum(confusion(truth, mask, subject.classes) for truth, mask in found)
    said = n6gen("evaluate", *words, "--model", home / "tiny0.onnx", "--json").json
    assert said["results"]["integer"]["confusion"] == np.array(wanted).tolist()
