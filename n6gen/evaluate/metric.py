"""Pixel accuracy and mean IoU of a data set, from a confusion matrix a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.int64]


def confusion(truth: Mask, found: Mask, classes: int, ignore: int | None = None) -> Matrix:
    """How many pixels of each class (row) were found to be of each class (column): int64 [classes, classes].

    `truth` and `found` are class indices [H, W]. Pixels whose truth is `ignore` are left out; all other indices must be
    below `classes`. Raises ValueError if shapes or indices do not fit.
    """
    if truth.shape != found.shape:
        raise ValueError(f"masks of {truth.shape} and {found.shape} pixels")
    rows, columns = truth.astype(np.int64).ravel(), found.astype(np.int64).ravel()
    if ignore is not None:
        judged = rows != ignore
        rows, columns = rows[judged], columns[judged]
    if max(rows.max(initial=0), columns.max(initial=0)) >= classes:
        raise ValueError(f"an index is not below {classes}")
    counts = np.bincount(rows * classes + columns, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


@attrs.frozen(eq=False)
class Score:
    """What the pictures' confusion matrices (rows truth, columns found; at least one) say.

    All shares are 0..1, None where there is nothing to share.
    """

    pictures: Sequence[Matrix]

    @property
    def matrix(self) -> Matrix:
        """The sum over all pictures."""
        total: Matrix = np.sum(self.pictures, axis=0)
        return total

    @property
    def pixel_accuracy(self) -> float | None:
        """The share of pixels whose class was found."""
        total = int(self.matrix.sum())
        return int(self.matrix.trace()) / total if total else None

    @property
    def iou(self) -> list[float | None]:
        """Intersection over union of each class; None for a class that is neither there nor found."""
        return list(_iou(self.matrix))

    @property
    def miou(self) -> float | None:
        """The mean of `iou` over all classes that have one, background included."""
        return _mean([share for share in self.iou if share is not None])

    @property
    def st_miou(self) -> float | None:
        """The mean, over all pictures and all classes that a picture's truth holds, of the IoU in that picture.

        So ST's model zoo computes what it publishes. A class that is found where it is not costs nothing by itself.
        """
        shares = []
        for matrix in self.pictures:
            there = matrix.sum(axis=1) > 0
            shares += [s for s, counts in zip(_iou(matrix), there, strict=True) if counts and s is not None]
        return _mean(shares)

    def as_json(self) -> dict[str, Any]:
        """The figures and the matrix that they come from, as JSON values."""
        return {
            "pixel_accuracy": self.pixel_accuracy,
            "miou": self.miou,
            "st_miou": self.st_miou,
            "iou": self.iou,
            "confusion": self.matrix.tolist(),
        }


def _iou(matrix: Matrix) -> Iterator[float | None]:
    both = matrix.diagonal()
    either = matrix.sum(axis=0) + matrix.sum(axis=1) - both
    return (int(i) / int(u) if u else None for i, u in zip(both, either, strict=True))


def _mean(shares: Sequence[float]) -> float | None:
    return sum(shares) / len(shares) if shares else None
