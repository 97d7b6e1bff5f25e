"""`measure --profile` of a network that the NPU runs: its epoch blocks, named only if they are the code's.

The clock is made up (tests/measure/clocked.py), and so is the network (tests/stand_ins/stedgeai). No board ran any of
it, and no figure here says anything about one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from n6gen.board import load_board
from n6gen.compiler.network import Network
from n6gen.compiler.stedgeai.command import Options
from n6gen.compiler.stedgeai.compile import StEdgeAiCompiler
from n6gen.errors import BoardError, InputError
from n6gen.link import conversation
from n6gen.link.profile import LayerTicks, layers_crc
from n6gen.link.protocol import Record
from n6gen.measure.epochs import Epoch
from n6gen.measure.facts import Unit
from n6gen.measure.method import QUICK
from n6gen.measure.profile import block_profile_of, blocks_of, layers_of
from n6gen.measure.replay import replay
from n6gen.model.loader import load
from n6gen.report import profile as shown
from n6gen.report.epochs import caption, epoch_lines, legend, timeline
from n6gen.report.markdown import markdown
from n6gen.report.page import page
from tests.compiler.stedgeai.conftest import install
from tests.link.test_client import Damage, always, flip, lose, once
from tests.measure import clocked
from tests.measure.clocked import ClockedBoard
from tests.measure.test_clocked import checked
from tests.measure.test_linked import real_build
from tests.report.test_reports import EVIL, must_stand_alone
from tests.support.bridge import as_tcp
from tests.support.cli import Ran, n6gen

MS = Unit("ms", 0.001, 6)
BLOCKS = (Epoch("epochs 1 -> 4", "npu"), Epoch("epoch_5", "hybrid", ("Concat",)), Epoch("epoch_6", "cpu", ("Softmax",)))
RAN = [LayerTicks(0, 12_000, "npu"), LayerTicks(1, 5_000, "hybrid"), LayerTicks(2, 4_500, "cpu")]


class BlockBoard(ClockedBoard):
    """The stand-in with a made-up clock, around a network of the NPU's. `wrong`: its end has another CRC."""

    def __init__(self, ran: Sequence[LayerTicks] = RAN, *, wrong: bool = False, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self._ran = ran
        self._wrong = wrong

    def answer(self, command: Record) -> None:
        if command.type != "profile":
            super().answer(command)
            return
        self.say("ok", cmd="profile", ref=command.seq)
        for block in self._ran:
            self.say("layer", i=block.i, ticks=block.ticks, unit=block.unit)
        crc = "00000000" if self._wrong else layers_crc(self._ran)
        self.say("layers", n=len(self._ran), total=sum(block.ticks for block in self._ran), crc=crc)


def test_blocks_add_up_to_the_watched_inference() -> None:
    """Nothing is taken off, nobody counted their work, and they have the code's names."""
    found = block_profile_of("f", BLOCKS, RAN, 21_300, MS).as_json()
    assert (found["network"], found["watched"], found["total"]) == (21.3, 21.5, 21.5)
    assert found["blocks"] == {"built": 3, "named": True}
    assert [(one["name"], one["kind"], one["unit"]) for one in found["layers"]] == [
        ("epochs 1 -> 4", None, "npu"),
        ("epoch_5", "Concat", "hybrid"),
        ("epoch_6", "Softmax", "cpu"),
    ]
    assert [one["cost"] for one in found["layers"]] == [12.0, 5.0, 4.5]
    for one in found["layers"]:
        assert {one[key] for key in ("macs", "height", "width", "channels", "macs_per_cost")} == {None}


@pytest.mark.parametrize("blocks", [BLOCKS[:2], (*BLOCKS, Epoch("epoch_7", "npu")), BLOCKS[::-1], ()])
def test_other_blocks_have_no_names(blocks: tuple[Epoch, ...]) -> None:
    """One too few or too many, another order, or none known: what each cost stays, whose it was is not guessed."""
    found = block_profile_of("f", blocks, RAN, 21_300, MS).as_json()
    assert found["blocks"] == {"built": len(blocks), "named": False}
    assert [(one["name"], one["kind"]) for one in found["layers"]] == [(None, None)] * 3
    assert [(one["unit"], one["cost"]) for one in found["layers"]] == [("npu", 12.0), ("hybrid", 5.0), ("cpu", 4.5)]


def test_no_block_at_all_is_an_error() -> None:
    with pytest.raises(BoardError, match="no epoch blocks"):
        block_profile_of("f", BLOCKS, [], 21_300, MS)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "ANSWER_S", 0.3)
    monkeypatch.setattr(conversation, "QUIET_S", 0.05)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A quick session on the stand-in whose facts name these blocks."""

    def run(folder: Path, board: BlockBoard, blocks: Sequence[Epoch] = BLOCKS) -> Any:
        plain = clocked.facts
        with monkeypatch.context() as patch:
            patch.setattr(clocked, "facts", lambda *words: attrs.evolve(plain(*words), blocks=blocks, epochs=blocks))
            return clocked.run(folder, board, QUICK, 1)

    return run


@pytest.mark.parametrize("type_", ["layer", "layers"])
@pytest.mark.parametrize("change", [flip, lose])
def test_a_damaged_profile_is_asked_for_again(
    session: Callable[..., Any], tmp_path: Path, type_: str, change: Callable[[bytes], bytes]
) -> None:
    """Nothing of it is used; the session is the same again from its raw bytes."""
    found = session(tmp_path / "s", BlockBoard(damage=once(type_, change)))
    values = checked(found.as_json())
    assert values["repeated_windows"] == 1
    assert [one["cost"] for one in values["profile"]["layers"]] == [12.0, 5.0, 4.5]
    assert replay(tmp_path / "s").as_json() == found.as_json()


@pytest.mark.parametrize(
    "board", [{"wrong": True}, {"damage": always("layer", lose)}], ids=["wrong CRC", "records lost"]
)
def test_a_profile_that_is_never_whole_ends_the_session(
    session: Callable[..., Any], tmp_path: Path, board: dict[str, Any]
) -> None:
    with pytest.raises(BoardError, match="the profile is damaged"):
        session(tmp_path / "s", BlockBoard(**board))


def test_reports_show_blocks_with_what_is_known(session: Callable[..., Any], tmp_path: Path) -> None:
    """Terminal, Markdown and page: n/a for work and sizes, who ran each, the split, the timeline by cost."""
    values = checked(session(tmp_path / "s", BlockBoard()).as_json())
    assert values["split"] == {"npu": 12.0, "hybrid": 5.0, "cpu": 4.5}
    assert epoch_lines(values) == [
        "Network by its profile, in ms: NPU 12.000 (55.8%), NPU with the CPU 5.000 (23.3%), CPU 4.500 (20.9%)."
    ]
    rows = [row.cells for row in shown.rows(values)]
    assert rows[0] == ("0", "npu", "n/a", "n/a", "12.000", "55.8%", "n/a", "epochs 1 -> 4")
    assert [row[1] for row in rows[1:]] == ["Concat (hybrid)", "Softmax (cpu)"]
    assert shown.total(values)[3:7] == ("n/a", "21.500", "100.0%", "n/a")
    assert shown.table(values).title == "Epoch blocks, in ms"
    assert "In a hybrid block" in " ".join(shown.lines(values))
    assert "no names" not in " ".join(shown.lines(values))
    assert next(iter(timeline(values, 1000))).says == "epochs 1 -> 4: NPU; 12.000 ms"
    assert "as long as it cost" in caption(values)
    assert [much for _, _, much in legend(values)] == ["1 for 12.000 ms", "1 for 5.000 ms", "1 for 4.500 ms"]
    assert "Epoch blocks, in ms" in markdown(values)
    assert "<h2>Epoch blocks</h2>" in page(values, [], "")


def test_without_names_the_reports_say_so(session: Callable[..., Any], tmp_path: Path) -> None:
    """By index, with both counts; a name that a file brings is shown and never obeyed."""
    values = checked(session(tmp_path / "s", BlockBoard(), BLOCKS[:2]).as_json())
    assert "(it ran 3, the code has 2): no names are known" in " ".join(shown.lines(values))
    assert [epoch["name"] for epoch in values["epochs"]] == ["block 0", "block 1", "block 2"]
    assert [row.cells[-1] for row in shown.rows(values)] == ["n/a"] * 3
    evil = checked(session(tmp_path / "t", BlockBoard(), [attrs.evolve(one, name=EVIL) for one in BLOCKS]).as_json())
    must_stand_alone(page(evil, [], ""))
    assert "<script" not in markdown(evil)


@pytest.fixture(scope="module")
def any_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Beside its model, a build that says it is for the DK. No such app runs anywhere."""
    return real_build(tmp_path_factory.mktemp("any"))


@pytest.fixture
def npu_build(any_build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """The same with a network that the stand-in for stedgeai "compiled"."""

    def make(release: str = "4.0.0", *, per_epoch: bool = False) -> Path:
        monkeypatch.setenv("STAND_IN_STEDGEAI", release)
        made = tmp_path / "b"
        shutil.copytree(any_build, made, ignore=shutil.ignore_patterns("project", "network"))
        program, options = install(tmp_path / "bin"), Options(per_epoch=per_epoch)
        compiler = StEdgeAiCompiler(load_board("stm32n6570-dk"), program, options)
        network = compiler.compile(load(any_build.parent / "tiny0.onnx"), made / "network")
        network.save()
        _tell(made / "manifest.json", network, per_epoch=per_epoch)
        return made

    return make


def _tell(file: Path, network: Network, *, per_epoch: bool) -> None:
    """Put into a manifest what a build with that network says of it."""
    manifest: dict[str, Any] = json.loads(file.read_text("utf-8"))
    assert network.npu is not None
    manifest["network"]["npu"] = attrs.asdict(network.npu)
    manifest["options"]["profile"] = per_epoch
    file.write_text(json.dumps(manifest))


def measured(made: Path, ran: Sequence[LayerTicks], *options: str | Path, damage: Damage | None = None) -> Ran:
    """What the command says of a board that tells of these blocks."""
    board = BlockBoard(ran, board="stm32n6570-dk", **({} if damage is None else {"damage": damage}))
    with board, as_tcp(board.port._sock) as port:
        fixed = ("--port", port, "--camera", "--quick", "--profile")
        return n6gen("measure", "--build", made, *fixed, *options)


def as_built(blocks: Sequence[Epoch]) -> list[LayerTicks]:
    """A board's word of just these."""
    return [LayerTicks(i, 1000 * (i + 1), block.unit) for i, block in enumerate(blocks)]


@pytest.mark.arm
@pytest.mark.parametrize("release", ["2.1.0", "4.0.0"])
def test_the_command_on_a_build_for_the_npu(tmp_path: Path, npu_build: Callable[..., Path], release: str) -> None:
    """Both interfaces' networks: blocks by the code's names, with the epoch controller's hint; then a stranger's."""
    made = npu_build(release)
    blocks = blocks_of(made)
    assert blocks
    assert layers_of(made) == ()
    ran = measured(made, as_built(blocks), "--json", tmp_path / "m.json", "--html", tmp_path / "p.html")
    assert ran.code == 0, ran.err
    values = checked(json.loads((tmp_path / "m.json").read_text("utf-8")))
    assert values["profile"]["blocks"] == {"built": len(blocks), "named": True}
    assert [one["name"] for one in values["profile"]["layers"]] == [block.name for block in blocks]
    assert [epoch["cost"] for epoch in values["epochs"]] == [float(i + 1) for i in range(len(blocks))]
    assert "An epoch controller runs many epochs as one block" in " ".join(ran.out.split())
    assert "<h2>Epoch blocks</h2>" in (tmp_path / "p.html").read_text("utf-8")
    assert n6gen("report", "--json").json == values
    other = measured(made, as_built(blocks)[:-1], "--json", tmp_path / "m.json")
    assert other.code == 0, other.err
    found = json.loads((tmp_path / "m.json").read_text("utf-8"))["profile"]
    assert found["blocks"] == {"built": len(blocks), "named": False}
    assert "no names are known" in " ".join(other.out.split())


@pytest.mark.arm
def test_a_profile_builds_latency_is_never_quoted(tmp_path: Path, npu_build: Callable[..., Path]) -> None:
    """It is marked in each report and stands beside no published row; no card, no gate, no baseline of it."""
    made = npu_build(per_epoch=True)
    blocks = blocks_of(made)
    assert blocks
    files = ("--json", tmp_path / "m.json", "--html", tmp_path / "p.html", "--markdown", tmp_path / "m.md")
    ran = measured(made, as_built(blocks), *files)
    assert ran.code == 0, ran.err
    values = checked(json.loads((tmp_path / "m.json").read_text("utf-8")))
    assert values["published"] is None
    assert values["conditions"]["options"]["profile"] is True
    assert values["conditions"]["epoch_controller"] is False
    assert "An epoch controller runs" not in ran.out
    for text in (ran.out, (tmp_path / "p.html").read_text("utf-8"), (tmp_path / "m.md").read_text("utf-8")):
        assert "No latency is quoted from it" in " ".join(text.split())
    refused = measured(made, as_built(blocks), "--card", tmp_path / "c.svg")
    assert (refused.code, (tmp_path / "c.svg").exists()) == (5, False)
    assert "no card" in refused.err
    assert n6gen("report", "--card", tmp_path / "c.svg").code == 5
    judged = measured(made, as_built(blocks), "--baseline", tmp_path / "m.json", "--max-regression", "50%")
    assert judged.code == 6
    assert "No latency is quoted from it" in " ".join(judged.out.split())
    compared = n6gen("compare", tmp_path / "m.json", tmp_path / "m.json")
    assert compared.code == 0
    assert "No latency is quoted from it" in " ".join(compared.out.split())
    plain = {**values, "conditions": {**values["conditions"], "options": {**values["conditions"]["options"]}}}
    plain["conditions"]["options"]["profile"] = False
    (tmp_path / "plain.json").write_text(json.dumps(plain))
    assert n6gen("compare", tmp_path / "plain.json", tmp_path / "m.json").code == 6
    allowed = n6gen("compare", tmp_path / "plain.json", tmp_path / "m.json", "--allow", "options.profile")
    assert "No latency is quoted from it" in " ".join(allowed.out.split())


@pytest.mark.arm
def test_a_build_whose_code_is_gone(npu_build: Callable[..., Path]) -> None:
    """Said before the board is reached; code that is not the compiler's gives no names."""
    made = npu_build()
    code = made / "network" / "network.c"
    code.write_text("int x;\n")
    assert blocks_of(made) == ()
    code.unlink()
    with pytest.raises(InputError, match=r"network\.c"):
        blocks_of(made)
