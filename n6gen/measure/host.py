"""The host's part while a session runs: it shows the inputs and says what the masks must be.

It keeps what it said in `host.npz`, so that a session can be judged again from the board's bytes alone.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from n6gen.errors import InputError
from n6gen.measure.frames import Frame
from n6gen.measure.reference import HostReference, References

FILE_NAME = "host.npz"
#: The pictures of so many inputs are kept, for reports.
PICTURES = 12


class Host(Protocol):
    """What a session needs of the host."""

    def show(self, index: int) -> None:
        """Let the board see input `index`."""

    def release(self) -> None:
        """Let it see what its own camera does."""

    def references(self, index: int) -> References:
        """What the host makes of input `index`."""


class LiveHost:
    """Shows frames to a board and computes the references."""

    def __init__(
        self,
        frames: Sequence[Frame],
        reference: HostReference | None,
        show: Callable[[npt.NDArray[np.uint8]], object],
        release: Callable[[], object] = lambda: None,
    ) -> None:
        """`show` lets the board see a picture, uint8 RGB [H, W, 3]; `release` lets it use its own camera.

        Without frames, its own camera is all that it sees. Without a reference, nothing is known about masks.
        """
        self._frames = frames
        self._reference = reference
        self._show = show
        self._release = release
        self._said: dict[int, References] = {}

    def show(self, index: int) -> None:
        """See Host.show."""
        if self._frames:
            self._show(self._frames[index].pixels)

    def release(self) -> None:
        """See Host.release."""
        if self._frames:
            self._release()

    def references(self, index: int) -> References:
        """See Host.references."""
        if self._reference is None:
            raise InputError("the host knows nothing about this board's masks")
        if index not in self._said:
            self._said[index] = self._reference.references(self._frames[index].pixels)
        return self._said[index]

    def save(self, folder: Path, pictures: int = PICTURES) -> None:
        """Keep all references, and the first so many pictures, in a session's folder."""
        arrays = {f"picture{i}": frame.pixels for i, frame in enumerate(self._frames[:pictures])}
        for index, said in self._said.items():
            arrays |= {f"exact{index}": said.exact, f"default{index}": said.default, f"plain{index}": said.plain}
        np.savez_compressed(folder / FILE_NAME, allow_pickle=False, **arrays)


class StoredHost:
    """Says again what a LiveHost said."""

    def __init__(
        self,
        folder: Path,
        show: Callable[[npt.NDArray[np.uint8]], object] | None = None,
        release: Callable[[], object] = lambda: None,
    ) -> None:
        """Read a session's folder; InputError if it holds nothing of that kind.

        `show` and `release` as LiveHost has them, where what they send is part of the recording.
        """
        self._show = show
        self._release = release
        try:
            with np.load(folder / FILE_NAME, allow_pickle=False) as stored:
                self._arrays = {name: stored[name] for name in stored.files}
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise InputError(f"{folder} holds no references of the host: {error}") from error

    def show(self, index: int) -> None:
        """See Host.show."""
        if self._show is None:
            return
        picture = self.picture(index)
        if picture is None:
            raise InputError(f"{FILE_NAME} lacks picture{index}")
        self._show(picture)

    def release(self) -> None:
        """See Host.release."""
        self._release()

    def references(self, index: int) -> References:
        """See Host.references."""
        try:
            return References(*(self._arrays[f"{kind}{index}"] for kind in ("exact", "default", "plain")))
        except KeyError as error:
            raise InputError(f"{FILE_NAME} lacks {error}") from error

    def picture(self, index: int) -> npt.NDArray[np.uint8] | None:
        """The picture of input `index`, uint8 RGB [H, W, 3], if it was kept."""
        return self._arrays.get(f"picture{index}")
