"""What a session's folder holds besides figures: pictures with their masks, and what the board said."""

from __future__ import annotations

from pathlib import Path

from n6gen.measure.host import PICTURES, StoredHost
from n6gen.measure.recording import LOG
from n6gen.measure.session import Session
from n6gen.report.pictures import Shown


def gallery(session: Session, folder: Path) -> list[Shown]:
    """The first frames of a session: picture, the device's mask, the mask that it must be, as far as they are known."""
    host = StoredHost(folder)
    return [
        Shown(frame.name, host.picture(index), frame.mask, host.references(index).exact if frame.agreement else None)
        for index, frame in enumerate(session.measured.frames[:PICTURES])
    ]


def log_of(folder: Path) -> str:
    """What the board said besides records; "" if nothing was kept."""
    file = folder / LOG
    return file.read_text(encoding="utf-8") if file.is_file() else ""
