"""The pictures that a session shows to the board's camera."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.errors import InputError
from n6gen.model.input import fit, read_image

_PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".ppm"}


@attrs.frozen(eq=False)
class Frame:
    """A camera frame: uint8 RGB [side, side, 3], named after its file without the ending."""

    name: str
    pixels: npt.NDArray[np.uint8]


def find_pictures(paths: Sequence[Path]) -> list[Path]:
    """The picture files among `paths`; a folder stands for the pictures in it, by name.

    Raises InputError for a path that does not exist, a folder without pictures, or two pictures of one name.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.suffix.lower() in _PICTURES)
            if not inside:
                raise InputError(f"there is no picture in {path}", f"Known endings: {', '.join(sorted(_PICTURES))}.")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise InputError(f"there is no frame {path}", "Check the path given to --frames.")
    names = [file.stem for file in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"two frames are called {twice[0]}", "Masks and pictures are named after frames: rename one.")
    return found


def load_frames(files: Sequence[Path], side: int) -> list[Frame]:
    """Read pictures and bring them to `side` × `side` as the camera would. Raises InputError for a broken picture."""
    return [Frame(file.stem, fit(read_image(file), side)) for file in files]


def enough(count: int | None, *, windows: int) -> int:
    """How many generated frames there are: `count`, else enough for a method of so many windows, at least 4."""
    return max(4, windows) if count is None else count


def frames_for(pictures: Sequence[Path], count: int, side: int) -> list[Frame]:
    """The frames of `pictures`; without any, `count` frames of a generated scene. See load_frames."""
    if pictures:
        return load_frames(pictures, side)
    from n6gen.scenes import sequence

    return [Frame(f"scene-{i:03d}", scene.image) for i, scene in enumerate(sequence(0, count, side))]
