"""A labelled data set: a folder of pictures and a folder of masks of the same names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt
from PIL import Image

from n6gen.errors import InputError
from n6gen.evaluate.metric import Mask
from n6gen.measure.frames import find_pictures
from n6gen.model.input import read_image

#: Endings of files that keep class indices as they are, in the order in which they are looked for.
_LOSSLESS = (".png", ".bmp")
#: Modes of pictures whose pixels are single numbers: grey, palette index, one bit.
_INDICES = ("L", "P", "1")


@attrs.frozen
class Pair:
    """A picture and its mask; `name` is the picture's file name without the ending."""

    name: str
    image: Path
    mask: Path

    def identity(self) -> list[str | int]:
        """Changes whenever one of the two files was written."""
        stats = [file.stat() for file in (self.image, self.mask)]
        return [self.image.name, self.mask.name, *(number for s in stats for number in (s.st_size, s.st_mtime_ns))]


def find_pairs(images: Path, masks: Path, limit: int | None = None) -> list[Pair]:
    """The pictures of a folder, by name, with their masks; the first `limit` of them.

    Raises InputError if a folder is missing or empty, or a picture has no mask.
    """
    for folder, option in ((images, "--images"), (masks, "--masks")):
        if not folder.is_dir():
            raise InputError(f"there is no folder {folder}", f"Check the path given to {option}.")
    pairs, lacking = [], []
    for image in find_pictures([images])[:limit]:
        mask = next((f for f in (masks / f"{image.stem}{ending}" for ending in _LOSSLESS) if f.is_file()), None)
        if mask is None:
            lacking.append(image)
        else:
            pairs.append(Pair(image.stem, image, mask))
    if lacking:
        others = f", nor for {len(lacking) - 1} others" if len(lacking) > 1 else ""
        raise InputError(
            f"there is no mask for {lacking[0]} in {masks}{others}",
            f"A mask has the name of its picture and one of the endings {', '.join(_LOSSLESS)}.",
        )
    return pairs


def check_pairs(
    pairs: Sequence[Pair],
    classes: int,
    void: int | None,
    on_pair: Callable[[int], None] = lambda done: None,  # noqa: ARG005
) -> None:
    """Read every file before the first inference. `on_pair` gets how many were looked at.

    Raises InputError, naming the file, for one that cannot be read, and for a mask that is not as large as its picture
    or holds an index that is neither a class nor `void`.
    """
    for done, pair in enumerate(pairs, 1):
        mask = read_mask(pair.mask)
        height, width = _size(pair.image)
        if mask.shape != (height, width):
            raise InputError(
                f"{pair.mask} has {mask.shape[1]}×{mask.shape[0]} pixels, its picture {width}×{height}",
                "Give the masks that belong to these pictures.",
            )
        indices = np.unique(mask)
        wrong = [int(index) for index in indices if index >= classes and index != void]
        if wrong:
            raise InputError(
                f"{pair.mask} holds class {wrong[0]}, the network has the classes 0 to {classes - 1}",
                f"If {wrong[-1]} marks pixels that are no class, say --void {wrong[-1]}.",
                "A mask's pixels are class indices, not shades to look at.",
            )
        on_pair(done)


def read_mask(path: Path) -> Mask:
    """Class indices, uint8 [height, width], of a grey, palette or one-bit picture. Raises InputError for any other."""
    try:
        with Image.open(path) as image:
            if image.mode not in _INDICES:
                raise InputError(
                    f"{path} is a picture in colours ({image.mode}), not of class indices",
                    "Save masks as 8-bit grey or palette PNG, one index a pixel.",
                )
            return np.array(image).astype(np.uint8)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"{path}: not a mask that can be read ({error})") from error


def stretched(path: Path, height: int, width: int) -> npt.NDArray[np.uint8]:
    """A picture brought to a size as a whole, uint8 RGB [height, width, 3]: bilinear, half-pixel centres, no
    antialiasing. Raises InputError for a picture that cannot be read.
    """
    pixels = read_image(path)
    if pixels.shape[:2] == (height, width):
        return pixels
    planes = [_resized(pixels[..., c].astype(np.float32), height, width, Image.Resampling.BILINEAR) for c in range(3)]
    return np.rint(np.stack(planes, axis=-1)).clip(0, 255).astype(np.uint8)


def nearest(mask: Mask, height: int, width: int) -> Mask:
    """A mask, uint8 [H, W], brought to a size as a whole: each pixel is the one that its centre falls into."""
    return _resized(mask, height, width, Image.Resampling.NEAREST)


def _resized(plane: npt.NDArray[np.generic], height: int, width: int, how: Image.Resampling) -> npt.NDArray[np.uint8]:
    # Image.resize would average over areas when it makes a picture smaller; this samples.
    old_height, old_width = plane.shape
    matrix = (old_width / width, 0.0, 0.0, 0.0, old_height / height, 0.0)
    image = Image.fromarray(plane).transform((width, height), Image.Transform.AFFINE, matrix, resample=how)
    return np.array(image)


def _size(path: Path) -> tuple[int, int]:
    """A picture's (height, width) as `read_image` would give it."""
    height, width, _ = read_image(path).shape
    return height, width
