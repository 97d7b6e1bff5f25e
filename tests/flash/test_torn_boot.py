"""A flash that was torn at any moment: the real boot ROM, loader and app refuse it by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from n6gen.emulator.instance import Instance, open_instance
from n6gen.emulator.machine import Machine
from n6gen.errors import BoardError
from n6gen.flash.session import flash
from n6gen.image.manifest import read_manifest
from n6gen.link import Client, Refused, SocketPort
from tests.flash.fake_build import killed_after
from tests.support.journey import build, tiny_model

#: More steps than any flash takes.
_LIMIT = 1 << 30

pytestmark = [pytest.mark.arm, pytest.mark.qemu]


def who_runs(instance: Instance) -> str:
    """The id of the build that boots, or why none does."""
    try:
        with Machine.start(instance) as machine:
            client = Client(SocketPort(machine.uart, gone=machine.death))
            client.wait_ready(20)
            return client.hello().build
    except Refused as refused:
        return refused.check
    except BoardError as error:
        return error.message.partition(":")[0]


def test_no_mixture_ever_runs(tmp_path: Path) -> None:
    """After a kill at any moment the board says which check failed; the next flash mends it."""
    for seed in (0, 1):
        assert build(tiny_model(tmp_path, seed=seed), tmp_path / f"b{seed}").code == 0
    old, new = (read_manifest(tmp_path / f"b{seed}").build_id for seed in (0, 1))
    instance = open_instance("virtual-0")
    flash(tmp_path / "b0")
    assert who_runs(instance) == old
    clean = instance.nor.read_bytes()
    steps = _LIMIT - int(killed_after(tmp_path / "b1", _LIMIT).stdout)
    assert who_runs(instance) == new
    found = []
    for moment in (steps * part // 9 for part in range(1, 9)):
        instance.nor.write_bytes(clean)
        killed_after(tmp_path / "b1", moment)
        found.append(who_runs(instance))
    assert set(found) <= {"boot ROM", "app-header", "app-checksum", "weights-trailer", "weights-crc", "network-id"}
    assert len(set(found)) > 1
    flash(tmp_path / "b1")
    assert who_runs(instance) == new
