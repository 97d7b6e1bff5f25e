"""The metric, against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, jaccard_score

from n6gen.evaluate.metric import Score, confusion


@given(seed=st.integers(0, 2**32 - 1), classes=st.integers(2, 21), present=st.integers(1, 21), side=st.integers(1, 24))
def test_it_is_scikit_learns(seed: int, classes: int, present: int, side: int) -> None:
    """Matrix, accuracy, IoU of each class and their mean, on random masks in which classes may be missing."""
    rng = np.random.default_rng(seed)
    truth, found = rng.integers(0, min(present, classes), (2, side, side + 1), np.uint8)
    matrix = confusion(truth, found, classes)
    score = Score([matrix])
    one, other = truth.ravel(), found.ravel()
    labels = np.union1d(one, other)
    assert np.array_equal(matrix, confusion_matrix(one, other, labels=range(classes)))
    assert score.pixel_accuracy == pytest.approx(accuracy_score(one, other), abs=1e-12)
    assert [c for c, share in enumerate(score.iou) if share is not None] == labels.tolist()
    by_class = jaccard_score(one, other, labels=labels, average=None, zero_division=0)
    assert [share for share in score.iou if share is not None] == pytest.approx(by_class, abs=1e-12)
    mean = jaccard_score(one, other, labels=labels, average="macro", zero_division=0)
    assert score.miou == pytest.approx(mean, abs=1e-12)


def test_pictures_add_up() -> None:
    """The sum of two pictures' matrices is the matrix of both together, which a mean of two means is not."""
    rng = np.random.default_rng(3)
    truth, found = rng.integers(0, 3, (2, 8, 5), np.uint8)
    whole = confusion(truth, found, 3)
    parts = [confusion(truth[:2], found[:2], 3), confusion(truth[2:], found[2:], 3)]
    assert np.array_equal(whole, Score(parts).matrix)
    assert Score(parts).miou == Score([whole]).miou


@given(seed=st.integers(0, 2**32 - 1), classes=st.integers(2, 21), pictures=st.integers(1, 5))
def test_sts_mean_is_of_what_each_picture_holds(seed: int, classes: int, pictures: int) -> None:
    """scikit-learn's IoU of each picture and each class in its truth, all averaged at once."""
    rng = np.random.default_rng(seed)
    pairs = [rng.integers(0, rng.integers(1, classes + 1), (2, 30), np.uint8) for _ in range(pictures)]
    shares = [
        share
        for truth, found in pairs
        for share in jaccard_score(truth, found, labels=np.unique(truth), average=None, zero_division=0)
    ]
    score = Score([confusion(truth[None], found[None], classes) for truth, found in pairs])
    assert score.st_miou == pytest.approx(np.mean(shares), abs=1e-12)


def test_the_two_means_differ() -> None:
    """A class that a picture does not hold is no entry of ST's mean, even where it was found."""
    truth, found = np.array([[0, 0, 0, 0]], np.uint8), np.array([[0, 0, 0, 1]], np.uint8)
    score = Score([confusion(truth, found, 3)])
    assert score.iou == [0.75, 0.0, None]
    assert (score.miou, score.st_miou) == (0.375, 0.75)


def test_ignored_pixels_do_not_count() -> None:
    """Neither as hits nor as misses."""
    truth = np.array([[0, 255, 1, 255]], np.uint8)
    found = np.array([[0, 0, 0, 1]], np.uint8)
    assert confusion(truth, found, 2, ignore=255).tolist() == [[1, 0], [1, 0]]
    nothing = Score([confusion(truth[:, 1:2], found[:, 1:2], 2, ignore=255)])
    assert (nothing.pixel_accuracy, nothing.miou, nothing.st_miou, nothing.iou) == (None, None, None, [None, None])


def test_what_does_not_fit_is_refused() -> None:
    """Other shapes, and indices that are no class, on either side."""
    two = np.full((2, 2), 2, np.uint8)
    with pytest.raises(ValueError, match="pixels"):
        confusion(two, two[:1], 3)
    for truth, found in ((two, two * 0), (two * 0, two)):
        with pytest.raises(ValueError, match="not below 2"):
            confusion(truth, found, 2)
