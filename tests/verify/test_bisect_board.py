"""`n6gen verify --bisect` on the virtual board: by cut networks it names the layer that looking inside names.

A defect is a line in a kernel that hits one layer. BISECT_DEFECTS=all runs those that a usual run leaves out.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from n6gen.emulator.instance import open_instance
from n6gen.emulator.machine import Machine
from tests.support.bridge import as_tcp
from tests.support.cli import Ran, n6gen
from tests.verify.bench import Bench, Edits
from tests.verify.schema import check

pytestmark = [pytest.mark.arm, pytest.mark.qemu]

_POINTWISE = "multiply(&group, first, two ? first + depth : first, two, out + pixel * stride, stride, quantiser);"
_NEXT = "group = next_group(group);"
_FLIP = "(int8_t)(out[{0}] ^ 0x20)"


def _pointwise(condition: str) -> Edits:
    at = "pixel * stride + (pixel & 6)"
    wrong = f"if ({condition}) {{ out[{at}] = {_FLIP.format(at)}; }}"
    return {"kernels/c/conv.c": [(_POINTWISE, f"{_POINTWISE}\n        {wrong}")]}


def _depthwise(condition: str) -> Edits:
    old = "            out += channels;"
    return {
        "kernels/c/depthwise.c": [
            (old, f"            if ({condition}) {{ out[x & 7] = {_FLIP.format('x & 7')}; }}\n{old}")
        ]
    }


#: Where in the network → what is edited, and the tensor that is the first to be wrong.
_DEFECTS: dict[str, tuple[Edits, str]] = {
    "early": (
        {
            "kernels/c/conv.c": [
                (_NEXT, f"{_NEXT}\n            out[pixel * stride] = {_FLIP.format('pixel * stride')};")
            ]
        },
        "conv_1:0_q",
    ),
    "branch": (_depthwise("channels == 16"), "conv_7:0_q"),
    "skip": (_pointwise("depth == 8 && stride == 8 && layer->in.height == 16"), "conv_3:0_q"),
    "middle": ({"kernels/ref/add.c": [("(left + right)", "(left - right)")]}, "add_11:0_q"),
    "pooled": (
        {"kernels/ref/average.c": [("quantise(sum", "quantise(32 * layer->out_scale - sum")]},
        "globalaveragepool_17:0_q",
    ),
    "late": (_pointwise("stride == 2"), "conv_26:0_q"),
}
_USUAL = ("branch",)


def _verify(bench: Bench, *words: str | Path) -> Ran:
    return n6gen("verify", "--build", bench.out, "--frames", bench.files[0], *words)


def _held() -> str:
    """The build that the virtual board holds, as its own hello says."""
    from n6gen.link import Client, SocketPort

    with Machine.start(open_instance("virtual-0")) as machine:
        client = Client(SocketPort(machine.uart, gone=machine.death))
        client.wait_ready()
        return client.hello().build


@pytest.mark.parametrize("where", _DEFECTS if os.environ.get("BISECT_DEFECTS") == "all" else _USUAL)
def test_the_same_layer_as_by_looking_inside(plain: Bench, where: str, tmp_path: Path) -> None:
    """Layer, shape, count and largest difference, within as many builds as were said; the board has its build again.

    A second time nothing is built.
    """
    edits, tensor = _DEFECTS[where]
    manifest = plain.build(edits)
    plain.flash()
    said, page = tmp_path / "v.json", tmp_path / "v.html"
    ran = _verify(plain, "--every-tensor", "--bisect", "--json", said, "--html", page)
    assert ran.code == 1, ran.err
    result = json.loads(said.read_text())
    check(result)
    inside, halves = result["frames"][0]["layer"], result["bisection"]
    found = halves["found"]
    assert (inside["tensor"], found["tensor"]) == (tensor, tensor)
    for key in ("name", "shape", "differing", "largest", "first"):
        assert found[key] == inside[key]
    assert (halves["narrowed"], halves["tolerance"], halves["restored"]) == (True, 0, True)
    outcomes = {one["tensor"]: one["outcome"] for one in halves["tried"]}
    assert all(outcomes[name] == "right" for name in found["inputs"])
    assert len(outcomes) <= halves["at_most"] < halves["places"] == 15
    assert halves["built"] == len(outcomes)
    line = next(line for line in ran.out.splitlines() if line.startswith("Bisection: "))
    assert f"{found['kind']} {found['name']}, tensor {tensor}" in line
    assert tensor in page.read_text()
    assert _held() == manifest.build_id
    kept = next(line.removeprefix("kept: ") for line in ran.err.splitlines() if line.startswith("kept: "))
    assert json.loads((Path(kept) / "session.json").read_text()) == result
    again = _verify(plain, "--bisect", "--json").json["bisection"]
    assert (again["built"], again["found"]) == (0, found)


def test_the_plan_touches_no_board_and_a_tolerance_is_heeded(plain: Bench) -> None:
    """Where it can cut, how many builds at most, which is first; nothing is built or written for that.

    A tolerance above the difference leaves nothing to bisect; the difference is reported all the same.
    """
    plain.build(_DEFECTS["branch"][0])
    plain.flash()
    board = open_instance("virtual-0").nor
    before = (board.stat().st_mtime_ns, sorted(plain.out.rglob("manifest.json")))
    planned = _verify(plain, "--bisect", "--dry-run", "--json")
    assert planned.code == 0, planned.err
    assert (len(planned.json["places"]), planned.json["at_most"], planned.json["first"]) == (15, 6, "pad_12:0_q")
    assert (board.stat().st_mtime_ns, sorted(plain.out.rglob("manifest.json"))) == before
    ran = _verify(plain, "--bisect", "--tolerance", "200", "--json")
    assert ran.code == 1, ran.err
    assert 0 < ran.json["frames"][0]["output"]["largest"] <= 200
    assert ran.json["bisection"] is None
    assert "more than 200 steps" in ran.err


def test_without_a_defect_there_is_nothing_to_bisect(plain: Bench) -> None:
    """Exit 0, nothing built, and it says so."""
    plain.build()
    plain.flash()
    ran = _verify(plain, "--bisect", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["bisection"] is None
    assert "nothing to bisect" in ran.err


def test_over_a_port_it_is_refused(plain: Bench) -> None:
    """Exit 5: what to do instead; and options of --bisect without it are the command line's fault."""
    ran = _verify(plain, "--bisect", "--port", "socket://localhost:1")
    assert ran.code == 5
    assert "a port does not let it do" in ran.err
    assert "n6gen build --cut TENSOR" in ran.err
    for words, said in ((("--tolerance", "3"), "is for --bisect"), (("--bisect", "--reset"), "is not for --bisect")):
        ran = _verify(plain, *words)
        assert ran.code == 2
        assert said in ran.err


def test_a_cut_build_by_hand_over_a_port(plain: Bench) -> None:
    """What the refusal proposes works: the cut network behind a bridge, its frames sent up."""
    plain.build(cut="concat_25:0_q")
    plain.flash()
    with Machine.start(open_instance("virtual-0")) as machine, as_tcp(machine.uart) as port:
        ran = _verify(plain, "--port", port, "--json")
    assert ran.code == 0, ran.err
    assert (ran.json["cut"], ran.json["verdict"]["exact"]) == ("concat_25:0_q", True)
    refused = _verify(plain, "--bisect")
    assert refused.code == 5
    assert "cut already" in refused.err


def test_kernels_that_changed_since_the_build_end_it(plain: Bench) -> None:
    """Exit 6: cut networks of other kernels would prove nothing; the board was not written to."""
    manifest = plain.build(_pointwise("stride == 2 && depth == 16"))
    plain.flash()
    edited = Path(manifest.options["templates"]) / "kernels" / "c" / "conv.c"
    edited.write_text(edited.read_text() + "\n/* changed */\n")
    ran = _verify(plain, "--bisect", "--json")
    assert ran.code == 6, ran.err
    assert "another kernels/c/conv.c" in ran.json["error"]["message"]
    assert any("What was found until then" in hint for hint in ran.json["error"]["things_to_try"])


def test_after_ctrl_c_the_board_has_its_build(plain: Bench) -> None:
    """Pressed when the first cut network was looked at: 130, and said."""
    manifest = plain.build(_DEFECTS["branch"][0])
    plain.flash()
    words = [sys.executable, "-m", "n6gen", "verify", "--build", str(plain.out), "--bisect", "--frames"]
    words.append(str(plain.files[0]))
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as ran:
        assert ran.stderr is not None
        seen = next(line for line in ran.stderr if "pad_12:0_q: " in line or "stopped" in line)
        ran.send_signal(signal.SIGINT)
        rest = ran.stderr.read()
    assert "wrong" in seen
    assert ran.returncode == 130
    assert "the board holds the whole build again" in rest
    assert _held() == manifest.build_id
