"""The weights file: one constant after another, each aligned so that it can be read in place."""

from __future__ import annotations

import attrs

_ALIGNMENT = 16


@attrs.define
class Blob:
    """Grows by `add`; `data` is what there is so far."""

    data: bytearray = attrs.field(factory=bytearray)

    def add(self, constant: bytes) -> int:
        """Append `constant` at the next multiple of 16 bytes and return its offset."""
        self.data.extend(bytes(-len(self.data) % _ALIGNMENT))
        offset = len(self.data)
        self.data.extend(constant)
        return offset

    def finish(self) -> bytes:
        """All of it, padded to a multiple of 16 bytes; never empty, as a flash partition cannot be."""
        self.add(b"" if self.data else bytes(_ALIGNMENT))
        return bytes(self.data)
