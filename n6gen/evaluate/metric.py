"""Pixel accuracy and mean IoU, from a confusion matrix summed over a whole data set."""

from __future__ import annotations

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
    """What a confusion matrix, rows truth and columns found, says. All shares are 0..1, None where there is nothing."""

    matrix: Matrix

    @property
    def pixel_accuracy(self) -> float | None:
        """The share of pixels whose class was found."""
        total = int(self.matrix.sum())
        return int(self.matrix.trace()) / total if total else None

    @property
    def iou(self) -> list[float | None]:
        """Intersection over union of each class; None for a class that is neither there nor found."""
        both = self.matrix.diagonal()
        either = self.matrix.sum(axis=0) + self.matrix.sum(axis=1) - both
        return [int(i) / int(u) if u else None for i, u in zip(both, either, strict=True)]

    @property
    def miou(self) -> float | None:
        """The mean of `iou` over all classes that have one, background included."""
        known = [share for share in self.iou if share is not None]
        return sum(known) / len(known) if known else None

    def as_json(self) -> dict[str, Any]:
        """The figures and the matrix that they come from, as JSON values."""
        return {
            "pixel_accuracy": self.pixel_accuracy,
            "miou": self.miou,
            "iou": self.iou,
            "confusion": self.matrix.tolist(),
        }
