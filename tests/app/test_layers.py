"""The app's answer to `profile`, under sanitizers: what its one layer took, of a frame of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.core import HostApp

from n6gen.link.profile import LayerTicks, layers_crc
from tests.app.test_host_app import _FAIL, _error, _run, _Start


@pytest.fixture
def start(host_app: Path, tmp_path: Path) -> Iterator[_Start]:
    starter = _Start(host_app, tmp_path)
    yield starter
    starter.close()


def _ready(app: HostApp) -> HostApp:
    assert app.record().fields["status"] == "ready"
    app.hello()
    return app


def test_every_layer_has_a_record_and_they_add_up(start: _Start) -> None:
    """`ok`, the layers, their end with count, sum and CRC; then the app does what it did before."""
    app = _ready(start(frames=3))
    ref = app.send("profile")
    assert app.record().fields == {"cmd": "profile", "ref": str(ref)}
    record = app.record()
    assert (record.type, record.fields["unit"]) == ("layer", "cpu")
    layers = [LayerTicks.of(record)]
    end = app.record()
    assert (end.type, end.integer("n"), end.integer("total")) == ("layers", 1, layers[0].ticks)
    assert end.text("crc") == layers_crc(layers)
    assert [sample.frame for sample in _run(app, 1, 1)] == [2]


def test_keys_are_refused(start: _Start) -> None:
    app = _ready(start())
    app.send("profile", frame=1)
    assert _error(app)[2] == "key"


@pytest.mark.parametrize(
    ("how", "reason"), [({"frames": 0}, "camera-timeout"), ({"mode": _FAIL}, "network")], ids=lambda value: str(value)
)
def test_what_goes_wrong_is_named(start: _Start, how: dict[str, int], reason: str) -> None:
    """No frame, and a network that fails: it was understood, so `ok` comes first; then why nothing follows."""
    app = _ready(start(**how))  # type: ignore[arg-type]
    app.send("profile")
    assert app.record().type == "ok"
    assert _error(app)[2] == reason
