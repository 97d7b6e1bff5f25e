"""Somebody's code on the emulated core: what it costs and what it gives, and what is said when it is no good."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.peer.compare import compare
from bench.subjects import Subject
from n6gen.compiler.cpu import compile_cpu
from n6gen.errors import BoardError, InputError
from n6gen.model import load
from n6gen.resources import data_dir
from tests.support.journey import SIDE, tiny_model

pytestmark = [pytest.mark.arm, pytest.mark.qemu]

_FACADE = """#define network_init made_init
#define network_output made_output
#include "network.inc"
#undef network_init
#undef network_output
static const unsigned char weights[] __attribute__((aligned(64))) = {%s};
int network_init(const void *none) {
    (void)none;
    return made_init(weights);
}
const void *network_output(void) {
    static int asked;
    int8_t *output = (int8_t *)made_output();
#ifdef WRONG
    output[0] = (int8_t)(asked++ ? output[0] : output[0] ^ 8);
#endif
    (void)asked;
    return output;
}
"""


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    return Subject("tiny", SIDE, "c", ("--model", str(tiny_model(tmp_path))))


def _own(subject: Subject, folder: Path) -> list[str]:
    """n6gen's own network as a peer in `folder`; the flags it needs."""
    templates = data_dir("templates")
    network = compile_cpu(load(subject.words[1]), folder.parent / "made", kernels="c")
    folder.mkdir()
    for name in network.sources:
        (folder / Path(name).parent).mkdir(parents=True, exist_ok=True)
        shutil.copy(templates / name, folder / name)
    (folder / "network.inc").write_text(network.source_file.read_text())
    numbers = ",".join(map(str, network.weights_file.read_bytes()))
    (folder / "facade.c").write_text(_FACADE % numbers)
    folders = {*network.includes, *(str(Path(name).parent) for name in network.sources)}
    return ["-O2", "-ffp-contract=off", *(f"-I{templates / name}" for name in sorted(folders))]


def test_our_own_network_as_a_peer_gives_the_reference_bytes(subject: Subject, tmp_path: Path) -> None:
    """Twice the same count, no logit off, and RAM holds at least the input."""
    flags = _own(subject, tmp_path / "a peer, with a comma")
    first, second = (compare(subject, tmp_path / "a peer, with a comma", flags) for _ in range(2))
    assert (first.differ, first.largest, first.argmax) == (0, 0, 1.0)
    assert first.values > 0
    assert abs(first.outcome.instructions - second.outcome.instructions) <= 32
    assert first.outcome.instructions > SIDE * SIDE
    assert first.outcome.ram >= SIDE * SIDE * 3
    assert "0 of" in str(first)


def test_a_wrong_output_is_counted(subject: Subject, tmp_path: Path) -> None:
    """One logit that is 8 steps off."""
    flags = _own(subject, tmp_path / "peer")
    compared = compare(subject, tmp_path / "peer", [*flags, "-DWRONG"])
    assert (compared.differ, compared.largest) == (1, 8)


def test_a_folder_without_code_is_refused(subject: Subject, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no C or assembler files"):
        compare(subject, tmp_path, [])


def test_code_that_does_not_compile_is_shown_to(subject: Subject, tmp_path: Path) -> None:
    folder = tmp_path / "peer"
    folder.mkdir()
    (folder / "peer.c").write_text("int network_init(const void *w) { return nothing; }\n")
    with pytest.raises(InputError, match="does not compile") as caught:
        compare(subject, folder, [])
    assert any("nothing" in line for line in caught.value.things_to_try)


_CRASHES = """#include "network.h"
static float data[3072];
const struct network_tensor network_input_info = {32, 32, 3, NETWORK_FLOAT32, NETWORK_CHW, 1, 0};
const struct network_tensor network_output_info = {1, 1, 2, NETWORK_FLOAT32, NETWORK_HWC, 1, 0};
int network_init(const void *weights) { (void)weights; return INIT; }
void *network_input(void) { return data; }
int network_run(void) { RUN; return 0; }
const void *network_output(void) { return data; }
"""


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["-DINIT=0", "-DRUN=__builtin_trap()"], "ended with 70"),
        (["-DINIT=-3", "-DRUN="], "network: -3"),
    ],
)
def test_code_that_ends_badly(subject: Subject, tmp_path: Path, flags: list[str], said: str) -> None:
    """A fault, and a network that says that it failed."""
    folder = tmp_path / "peer"
    folder.mkdir()
    (folder / "peer.c").write_text(_CRASHES)
    with pytest.raises(BoardError, match=said):
        compare(subject, folder, flags)


def test_another_shape_is_refused(subject: Subject, tmp_path: Path) -> None:
    folder = tmp_path / "peer"
    folder.mkdir()
    (folder / "peer.c").write_text(_CRASHES)
    with pytest.raises(InputError, match=r"gives \(1, 1, 2\)"):
        compare(subject, folder, ["-DINIT=0", "-DRUN="])
