"""What an app is built for, beyond its network's C: ids, decode, input mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import attrs

#: The decodes of templates/decode.
DECODES = ("fine", "rounded", "argmax", "none")
#: The input mappings that an app may say it uses.
INPUT_MAPPINGS = ("exact", "raw")
#: An id before it is known; `render_project` computes the build id with it in place.
NO_ID = "0" * 64
_TABLE_SIZE = 3 * 256


class NetworkSources(Protocol):
    """The part of a compiled network that the project needs; `n6gen.compiler.network.Network` is one."""

    @property
    def folder(self) -> Path:
        """Holds network.c and the headers that it includes."""

    @property
    def sources(self) -> Sequence[str]:
        """The C files of its kernel set, relative to templates/."""

    @property
    def includes(self) -> Sequence[str]:
        """Folders that network.c and those files include from, relative to templates/."""

    @property
    def defines(self) -> Mapping[str, str]:
        """Preprocessor definitions for network.c, kernels and decode."""

    @property
    def npu(self) -> NpuSources | None:
        """What its runtime has to offer, None for a network of the CPU's."""


class NpuSources(Protocol):
    """What the project must know of a network for the NPU; `n6gen.compiler.network.NpuInfo` is one."""

    @property
    def api(self) -> str:
        """The interface of the runtime, a folder of templates/frontend."""

    @property
    def software(self) -> bool:
        """Whether some epochs run on the CPU."""


@attrs.frozen
class VendorSources:
    """Files of the vendors' that are compiled into the app, where they lie on this machine.

    `roots`: name → folder; every other path is ``name/path below it``. `flags` go to all of the app's files, `defines`
    too. `forbidden`: symbols that the app must not hold. `includes` are the vendors' folders, `own_includes` the
    project's. `digests`: name → SHA-256 of what is there.
    """

    roots: Mapping[str, Path]
    sources: tuple[str, ...]
    includes: tuple[str, ...]
    own_includes: tuple[str, ...]
    libraries: tuple[str, ...]
    flags: tuple[str, ...]
    defines: Mapping[str, str]
    forbidden: tuple[str, ...]
    digests: Mapping[str, str]


def _hex_id(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    if len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise ValueError(f"{attribute.name} must be 64 lower-case hex digits, not {value!r}")


def _table(_: object, __: attrs.Attribute[bytes], value: bytes) -> None:
    if len(value) != _TABLE_SIZE:
        raise ValueError(f"the input table must hold 3 x 256 bytes, not {len(value)}")


def _order(_: object, __: attrs.Attribute[tuple[int, int, int]], value: tuple[int, int, int]) -> None:
    if len(value) != 3 or set(value) - {0, 1, 2}:
        raise ValueError(f"the input order must be three of 0, 1, 2, not {value}")


def _mask_side(config: AppConfig, attribute: attrs.Attribute[int], value: int) -> None:
    if not (value == 0 if config.decode == "none" else 0 < value < 1 << 16):
        raise ValueError(f"{attribute.name} must not be {value} with the decode {config.decode}")


@attrs.frozen
class AppConfig:
    """All that is rendered into the app besides the board's facts. A wrong value raises ValueError: it is a bug.

    `network_id` is 64 hex digits; `weights_size` is the raw blob's, in bytes; mask sizes are in pixels, 0 with the
    decode none.
    Network channel c of a pixel is ``input_table[256 * c + frame[y, x, input_order[c]]]``, a byte of the tensor's type.
    `build_id` None lets `render_project` compute it from all rendered files and `build_inputs` (compiler version, …).
    `overlap`: the camera fills the next frame while the network runs. `vendor` is None for a board that needs none.
    """

    network_id: str = attrs.field(validator=_hex_id)
    weights_size: int = attrs.field(validator=attrs.validators.gt(0))
    decode: str = attrs.field(validator=attrs.validators.in_(DECODES))
    mask_height: int = attrs.field(validator=_mask_side)
    mask_width: int = attrs.field(validator=_mask_side)
    input_table: bytes = attrs.field(validator=_table, repr=False)
    input_order: tuple[int, int, int] = attrs.field(default=(0, 1, 2), validator=_order)
    input_mapping: str = attrs.field(default="exact", validator=attrs.validators.in_(INPUT_MAPPINGS))
    overlap: bool = True
    vendor: VendorSources | None = None
    build_id: str | None = attrs.field(default=None, validator=attrs.validators.optional(_hex_id))
    build_inputs: Mapping[str, str] = attrs.field(factory=dict)

    def input_tables(self) -> list[bytes]:
        """The three tables, one a network channel."""
        return [self.input_table[at : at + 256] for at in range(0, _TABLE_SIZE, 256)]
