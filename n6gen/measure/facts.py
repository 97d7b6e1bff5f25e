"""What the host knows of a session before the board says a word. Kept beside the raw bytes, as `host.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import cattrs

from n6gen.compiler.network import LayerInfo
from n6gen.errors import InputError
from n6gen.measure.epochs import Epoch
from n6gen.measure.method import Method
from n6gen.tools.files import write_json

FILE_NAME = "host.json"
#: How long a board may take to get ready unless a caller says otherwise, in seconds.
BOOT_S = 30.0

#: How an app comes to run: it boots as the session begins, it is told to start anew, or it is taken as it is.
Start = Literal["boot", "reset", "running"]


@attrs.frozen
class Unit:
    """The unit of a session's figures. One tick of the device's clock is `per_tick` of it; `digits` are kept."""

    name: str
    per_tick: float
    digits: int = 0

    def of(self, ticks: float) -> float:
        """So many ticks, in this unit; a whole number if no digits are kept."""
        return round(ticks * self.per_tick, self.digits) if self.digits else round(ticks * self.per_tick)

    def at(self, tick_hz: int) -> Unit:
        """Itself on a clock of `tick_hz`: what a tick is in ms depends on it, what it is in instructions does not."""
        return attrs.evolve(self, per_tick=1000 / tick_hz) if self.name == "ms" else self


@attrs.frozen
class Input:
    """A picture that was shown: its name and the SHA-256 of its pixels at the network's size.

    None: the board's own camera saw it, and nobody else.
    """

    name: str
    sha256: str | None


@attrs.frozen
class Facts:
    """The facts. `conditions`: those that the host knows.

    `timeout` is what one inference may take, `boot_timeout` what it may take until the board is ready, in seconds.
    `compared`: whether the host knows what the masks must be. `layers`: those that are to be profiled, all or none.
    `blocks`: the same of a network that the NPU runs, as far as they are known; None: none are to be profiled.
    """

    id: str
    started: str
    emulated: bool
    unit: Unit
    method: Method
    inputs: Sequence[Input]
    network_id: str
    build_id: str
    timeout: float
    conditions: Mapping[str, Any]
    network: Mapping[str, Any]
    memory: Mapping[str, Any]
    model: Mapping[str, Any]
    start: Start = "boot"
    boot_timeout: float = BOOT_S
    compared: bool = True
    epochs: Sequence[Epoch] = ()
    layers: Sequence[LayerInfo] = ()
    blocks: Sequence[Epoch] | None = None

    @property
    def injected(self) -> bool:
        """Whether the inputs went up the link."""
        return bool(self.conditions["inputs"].get("through") == "injected")

    def write(self, folder: Path) -> None:
        """Write them into a session's folder."""
        write_json(folder / FILE_NAME, attrs.asdict(self))


def read_facts(folder: Path) -> Facts:
    """The facts in a session's folder; InputError if there are none or they cannot be understood."""
    file = folder / FILE_NAME
    try:
        return cattrs.structure(json.loads(file.read_text(encoding="utf-8")), Facts)
    except FileNotFoundError:
        raise InputError(
            f"{folder} is no session (no {FILE_NAME})", "See the folders in $N6GEN_STATE_DIR/sessions."
        ) from None
    except (OSError, ValueError, TypeError, cattrs.BaseValidationError) as error:
        raise InputError(f"{file} cannot be understood: {error}") from error
