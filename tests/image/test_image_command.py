"""`n6gen image`, as a user runs it."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from n6gen.image import intel_hex, stm32
from n6gen.image.intel_hex import Segment
from n6gen.vendor.manifest import load_manifest
from tests.support.cli import n6gen
from tests.support.scripts import python_program
from tests.support.vendor import real_store

#: A payload as an app of the board has it: stack pointer, reset vector, noise.
PAYLOAD = struct.pack("<II", 0x3410_0000, 0x3400_0801) + random.Random(7).randbytes(5000)
APP, FSBL = 0x7010_0000, 0x7000_0000


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """An app's image, with noise for filler as ST's tool leaves it."""
    data = bytearray(stm32.sign(PAYLOAD, binary_type=stm32.APP))
    data[0xA8:0x240] = random.Random(3).randbytes(0x240 - 0xA8)
    file = tmp_path / "app.bin"
    file.write_bytes(data)
    return file


def test_sign_makes_what_check_takes(tmp_path: Path) -> None:
    """A payload becomes an image with its vectors at 0x400, of either header version."""
    source = tmp_path / "payload.bin"
    source.write_bytes(PAYLOAD)
    for header in ("2.3", "2.1"):
        image = tmp_path / f"{header}.bin"
        assert n6gen("image", "sign", source, "-o", image, "--header", header, "--json").json["by"] == "n6gen"
        assert image.read_bytes() == stm32.sign(PAYLOAD, binary_type=stm32.APP, header=header)
        checked = n6gen("image", "check", image, "--json")
        assert checked.code == 0, checked.err
        assert checked.json["images"][0]["facts"]["reset_vector"] == 0x3400_0801


def test_a_payload_that_would_not_boot_is_not_signed(tmp_path: Path) -> None:
    """Vectors that point nowhere are refused, and no file is left."""
    source = tmp_path / "payload.bin"
    source.write_bytes(bytes(4000))
    ran = n6gen("image", "sign", source, "-o", tmp_path / "image.bin")
    assert ran.code == 5
    assert "no vector table" in ran.err
    assert not (tmp_path / "image.bin").exists()


@pytest.mark.parametrize("name", ["app.bin", "app.hex"])
def test_a_flipped_payload_byte_is_refused(signed: Path, tmp_path: Path, name: str) -> None:
    """`check` and `rebuild` end with 5 and name the checksum."""
    data = bytearray(signed.read_bytes())
    data[0x1000] ^= 0x40
    file = tmp_path / name
    file.write_bytes(bytes(data) if name.endswith("bin") else intel_hex.write([Segment(APP, bytes(data))]))
    for words in (("check", file), ("rebuild", file, "-o", tmp_path / "out.bin")):
        ran = n6gen("image", *words)
        assert ran.code == 5
        assert "image checksum" in ran.err


def test_rebuild_gives_the_same_bytes(signed: Path, tmp_path: Path) -> None:
    """Also the noise in the filler; a hex file keeps its text, and what is no image in it."""
    ran = n6gen("image", "rebuild", signed, "-o", tmp_path / "again.bin", "--json")
    assert ran.json == {"file": str(tmp_path / "again.bin"), "images": 1, "identical": True}
    assert (tmp_path / "again.bin").read_bytes() == signed.read_bytes()
    both = tmp_path / "all.hex"
    both.write_bytes(intel_hex.write([Segment(APP, signed.read_bytes()), Segment(0x7038_0000, b"weights" * 20)]))
    assert n6gen("image", "rebuild", both, "-o", tmp_path / "again.hex", "--json").json["identical"]


def test_a_published_image_rebuilds_byte_for_byte(tmp_path: Path) -> None:
    """ST's loader, signed by ST's tool."""
    file = real_store().home(load_manifest("stm32n6570-dk").package("runtime-2.1")) / "Binary/ai_fsbl.hex"
    if not file.is_file():
        pytest.skip("ST's loader is not on this machine (n6gen vendor fetch)")
    ran = n6gen("image", "rebuild", file, "-o", tmp_path / "again.hex", "--json")
    assert ran.json["identical"]
    assert n6gen("image", "check", file).code == 0


def test_an_image_at_a_wrong_address_is_told(signed: Path, tmp_path: Path) -> None:
    """An app where the loader belongs would never run."""
    file = tmp_path / "app.hex"
    file.write_bytes(intel_hex.write([Segment(FSBL, signed.read_bytes())]))
    ran = n6gen("image", "check", file)
    assert ran.code == 5
    assert "belongs at 0x70100000" in ran.err


def test_a_file_without_an_image_is_no_success(tmp_path: Path) -> None:
    """Nothing to check is not the same as sound."""
    file = tmp_path / "x.bin"
    file.write_bytes(b"no image" * 10)
    assert n6gen("image", "check", file).code == 5
    assert n6gen("image", "show", file).code == 0
    assert n6gen("image", "show", tmp_path / "none.bin").code == 5


def _signing_tool(folder: Path, version: str) -> Path:
    """A stand-in for STM32_SigningTool_CLI: aligned before 2.21, later only with -align."""
    return python_program(
        folder / "STM32_SigningTool_CLI",
        "import struct, sys\n"
        f"version, words = {version!r}, sys.argv[1:]\n"
        "if '--version' in words:\n    sys.exit(print('STM32 Signing Tool v' + version))\n"
        "new = tuple(map(int, version.split('.')[:2])) >= (2, 21)\n"
        "assert new or '-align' not in words\n"
        "payload = open(words[words.index('-bin') + 1], 'rb').read()\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        "from n6gen.image import stm32\n"
        "image = stm32.sign(payload, binary_type=0)\n"
        "if new and ('-align' not in words or 'broken' in version):\n    image = image[:0x240] + image[0x400:]\n"
        "open(words[words.index('-o') + 1], 'wb').write(image)\n",
    )


@pytest.mark.parametrize("version", ["2.18.0", "2.22.0"])
def test_a_signing_tool_of_the_users_is_told_to_align_where_it_must(tmp_path: Path, version: str) -> None:
    """Both generations make an image that boots."""
    source = tmp_path / "payload.bin"
    source.write_bytes(PAYLOAD)
    program = _signing_tool(tmp_path, version)
    ran = n6gen("image", "sign", source, "-o", tmp_path / "i.bin", "--tool", program, "--json")
    assert ran.code == 0, ran.err
    assert (tmp_path / "i.bin").read_bytes() == stm32.sign(PAYLOAD, binary_type=stm32.APP)


def test_an_unaligned_image_of_a_signing_tool_is_refused(tmp_path: Path) -> None:
    """The classic trap is named."""
    source = tmp_path / "payload.bin"
    source.write_bytes(PAYLOAD)
    program = _signing_tool(tmp_path, "2.22.0-broken")
    ran = n6gen("image", "sign", source, "-o", tmp_path / "i.bin", "--tool", program)
    assert ran.code == 5
    assert "would not boot" in ran.err


def test_without_the_signing_tool_it_says_so(tmp_path: Path) -> None:
    """Asked for and not there: exit 3."""
    source = tmp_path / "payload.bin"
    source.write_bytes(PAYLOAD)
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    ran = n6gen("image", "sign", source, "-o", tmp_path / "i.bin", "--tool", env=env)
    assert ran.code == 3
    assert "leave --tool out" in ran.err
