"""What the host knows of a session before the board says a word. Kept beside the raw bytes, as `host.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import cattrs

from n6gen.errors import InputError
from n6gen.measure.method import Method
from n6gen.tools.files import write_json

FILE_NAME = "host.json"


@attrs.frozen
class Unit:
    """The unit of a session's figures. One tick of the device's clock is `per_tick` of it; `digits` are kept."""

    name: str
    per_tick: float
    digits: int = 0

    def of(self, ticks: int) -> float:
        """So many ticks, in this unit; a whole number if no digits are kept."""
        return round(ticks * self.per_tick, self.digits) if self.digits else round(ticks * self.per_tick)


@attrs.frozen
class Input:
    """A picture that was shown: its name and the SHA-256 of its pixels at the network's size."""

    name: str
    sha256: str


@attrs.frozen
class Facts:
    """The facts. `conditions`: those that the host knows. `timeout` is what one inference may take, in seconds."""

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
