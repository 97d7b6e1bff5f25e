"""What a board found out about itself."""

from __future__ import annotations

import attrs

from n6gen.link.protocol import Record


@attrs.frozen
class Selftest:
    """Sizes are in bytes; ticks are of the first and of the second clock.

    The processor read `flash_size` bytes of the weights in `flash_ticks`. `crc` and `crc_wanted`: of all the weights,
    read once more, and what their trailer says. Of `ram_size` bytes of memory, `ram_wrong` words kept no pattern.
    """

    flash_size: int
    flash_ticks: int
    flash_ticks2: int
    crc: str
    crc_wanted: str
    ram_size: int
    ram_wrong: int

    @classmethod
    def of(cls, record: Record) -> Selftest:
        """From a `tested` record; raises ProtocolError if a field is missing or bad."""
        return cls(
            flash_size=record.integer("flash_size"),
            flash_ticks=record.ticks("flash_ticks"),
            flash_ticks2=record.ticks("flash_ticks2"),
            crc=record.text("crc"),
            crc_wanted=record.text("crc_wanted"),
            ram_size=record.integer("ram_size"),
            ram_wrong=record.integer("ram_wrong"),
        )

    @property
    def problem(self) -> str | None:
        """What is wrong with the board, in words; None if nothing is."""
        if self.crc != self.crc_wanted:
            return f"its flash does not read back what was checked at start: CRC-32 {self.crc}, not {self.crc_wanted}"
        return f"{self.ram_wrong} words of its RAM do not keep what is written to them" if self.ram_wrong else None
