"""`n6gen size` on a build for the virtual board, and its rules on builds that cannot be."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from n6gen.app.elf import read_elf
from n6gen.errors import InputError
from n6gen.size import use
from n6gen.size.picture import share, svg
from n6gen.size.use import Use, differences, sizes_of
from tests.support.cli import n6gen
from tests.support.journey import build, tiny_model

pytestmark = pytest.mark.arm


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two builds of one model: with and without its head."""
    folder = tmp_path_factory.mktemp("sizes")
    model = tiny_model(folder)
    assert build(model, folder / "cut").code == 0
    assert build(model, folder / "whole", "--keep-head").code == 0
    return folder / "cut", folder / "whole"


def test_every_byte_of_the_app_has_an_owner(builds: tuple[Path, Path]) -> None:
    """The sums are those of the ELF's sections and of the images."""
    sizes = sizes_of(builds[0])
    sections = sum(section.size for section in read_elf(builds[0] / "app.elf").sections)
    owned = [u for room in sizes.rooms for u in room.uses if u.owner in (use.CODE, use.DATA, use.NETWORK)]
    assert sum(u.size for u in owned) == sections + 0x400
    weights = next(room for room in sizes.rooms if room.name == "weights")
    assert weights.used == (builds[0] / "weights.bin").stat().st_size


def test_the_command_shows_what_changed(builds: tuple[Path, Path], tmp_path: Path) -> None:
    """--diff names region, owner, before and now; nothing changes against itself."""
    drawn = tmp_path / "map.svg"
    ran = n6gen("size", "--build", builds[1], "--diff", builds[0], "--svg", drawn, "--json")
    assert ran.code == 0, ran.err
    grown = {(c["room"], c["owner"]): c["now"] - c["before"] for c in ran.json["changes"]}
    assert grown["app", "app's code"] != 0
    assert all(grown.values())
    assert differences(sizes_of(builds[0]), sizes_of(builds[0])) == []
    assert "nothing takes more or less" in n6gen("size", "--build", builds[0], "--diff", builds[0]).out
    assert drawn.is_file()


def test_the_picture_shows_every_use_inside_of_its_bar(builds: tuple[Path, Path]) -> None:
    """It is XML; a rectangle for each use, none outside of the bars, a legend for each owner."""
    sizes = sizes_of(builds[0])
    root = ET.fromstring(svg(sizes))
    space = "{http://www.w3.org/2000/svg}"
    drawn = [e for e in root.iter(f"{space}rect") if e.find(f"{space}title") is not None]
    assert len(drawn) == sum(len(room.uses) for room in sizes.rooms)
    for rect in drawn:
        left, width = float(rect.attrib["x"]), float(rect.attrib["width"])
        assert left >= 159.9
        assert left + width <= 160 + 680 + 1.6
    texts = {e.text for e in root.iter(f"{space}text")}
    assert {u.owner for room in sizes.rooms for u in room.uses} <= texts


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        (Use("intruder", 0x0100_0404, 16), "app's code .* and intruder .* overlap"),
        (Use("stray", 0x6070_0000, 16), "stray .* leaves its region"),
    ],
)
def test_overlap_and_overflow_name_their_owners(
    builds: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, extra: Use, says: str
) -> None:
    """Two owners of one address, or one outside of every region, are an error, not a picture."""
    real = use._claims
    monkeypatch.setattr(use, "_claims", lambda *arguments: [*real(*arguments), extra])
    with pytest.raises(InputError, match=says):
        sizes_of(builds[0])


def test_what_is_used_is_never_0_per_cent() -> None:
    """A small part of a large memory is said to be there."""
    assert [share(part, 1000) for part in (0, 1, 10, 500, 1000)] == ["0 %", "< 1 %", "1 %", "50 %", "100 %"]


def test_without_a_build_it_says_what_to_do(tmp_path: Path) -> None:
    """An empty folder is no build."""
    ran = n6gen("size", "--build", tmp_path)
    assert ran.code == 5
    assert "n6gen build" in ran.err
