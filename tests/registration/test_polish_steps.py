"""A transform is polished on waves, whose slopes and displacements are known in numbers."""

from dataclasses import replace

import numpy as np
import pytest

from artifix.geometry import Box, Crop, transform_points
from artifix.registration import tuning
from artifix.registration.context_band import ContextBand
from artifix.registration.polish import normalised, polish

TUNED = tuning.REGISTRATION
SIZE = 96, 128
BOX = Box(50, 30, 50 + 2 * 128, 30 + 2 * 96)  # two px of the image are one of the band's picture
CROP = Crop(BOX, SIZE)
VIEW = np.array([[1.2, 0.1, -20.0], [-0.1, 1.3, 9], [1e-4, -1e-4, 1]])  # image to reference


def waves(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 128 + 6 * np.sin(2 * np.pi * x / 12 + 0.4) + 6 * np.sin(2 * np.pi * y / 11 + 1.1)


def picture_by(move: np.ndarray) -> np.ndarray:
    """(h, w, 3) the waves as a band's picture shows them whose points `move` maps, (3, 3) in its pixels."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    x, y = transform_points(move, np.column_stack([columns.ravel(), rows.ravel()])).T.reshape(2, *SIZE)
    return np.repeat(waves(x, y)[..., None], 3, 2).astype(np.float32)


def polished(move: np.ndarray, model: str, error_px: float = 1e3, view: np.ndarray = VIEW):
    """The correction found, in pixels of the band's picture, where the image shows the waves so moved."""
    band = ContextBand(CROP, picture_by(move), np.ones(SIZE, np.float32))
    found = polish(band, picture_by(np.eye(3)), view, model, error_px, 3.0)
    to_band = CROP.matrix()
    correction = to_band @ np.linalg.inv(view) @ found @ np.linalg.inv(to_band)
    assert found[2, 2] == 1
    return correction / correction[2, 2]


MOVES = [
    ("translation", [[1, 0, 1.5], [0, 1, -0.8], [0, 0, 1]]),
    ("affine", [[1.02, 0, -1], [0, 1, 0.4], [0, 0, 1]]),
    ("affine", [[1, 0.02, -1], [0, 1, 0.4], [0, 0, 1]]),
    ("affine", [[1, 0, 0.3], [-0.02, 1, 1.4], [0, 0, 1]]),
    ("affine", [[1, 0, 0.3], [0, 0.98, 1.4], [0, 0, 1]]),
    ("homography", [[1, 0.01, -1], [0, 1, 0.5], [1.5e-4, 0, 1]]),
    ("homography", [[1, 0, 0.5], [0.01, 1, -0.5], [0, -1.5e-4, 1]]),
]


@pytest.mark.parametrize(("model", "move"), MOVES)
def test_waves_are_met_to_a_small_part_of_their_move(model, move):
    move = np.array(move, float)
    corners = np.array([[0.0, 0], [127, 0], [0, 95], [127, 95], [63, 47]])
    found = polished(move, model)
    assert transform_points(found, corners) == pytest.approx(transform_points(move, corners), abs=0.3)
    middle = corners[-1:]
    assert transform_points(found, middle) == pytest.approx(transform_points(move, middle), abs=0.05)


def test_a_model_moves_nothing_that_is_not_its_own():
    move = np.array([[1.01, 0, 0.5], [0, 1, 0.5], [1e-4, 0, 1]])
    assert polished(move, "translation")[:2, :2] == pytest.approx(np.eye(2), abs=1e-9)
    assert polished(move, "affine")[2] == pytest.approx([0, 0, 1], abs=1e-12)


def first_step(move: np.ndarray, error_px: float, axis: int) -> float:
    """Least squares along one axis: what the pictures differ by over how they slope, and the prior."""
    values, moved = (normalised(picture_by(m), np.ones(SIZE, np.float32), 3.0) for m in (np.eye(3), move))
    slopes = np.gradient(values)[axis]
    prior = np.pi * (TUNED.polish_outlier * 3.0 / error_px) ** 2
    return float((slopes * (moved - values)).sum() / ((slopes**2).sum() + prior))


@pytest.mark.parametrize("error_px", [0.03, 0.1, 0.3])
@pytest.mark.parametrize("way", [(1.0, 0.0), (0.0, 1.0)])
def test_a_first_step_goes_so_far_as_the_waves_outweigh_the_prior(monkeypatch, error_px, way):
    """A pixel weighs by the square of its slope, the prior by that of outlier * window / error, times pi."""
    monkeypatch.setattr(tuning, "REGISTRATION", replace(TUNED, polish_iterations=1))
    move = np.eye(3)
    move[:2, 2] = 0.05 * np.array(way)
    found = polished(move, "translation", error_px, np.eye(3))
    wanted = first_step(move, error_px, 0 if way[1] else 1)
    assert found[:2, 2] @ way == pytest.approx(wanted, rel=0.025)
    assert 0.02 < wanted / 0.05 < 0.9


def test_a_checkerboard_is_normalised_by_its_deviation_and_the_noise():
    """Of 6 grey levels about their mean, beside noise of twice 4: 6 / 10."""
    rows, columns = np.mgrid[:60, :70]
    signs = (1 - 2 * ((rows + columns) % 2)).astype(np.float32)
    picture = np.repeat((100 + 6 * signs)[..., None], 3, 2)
    found = normalised(picture, np.ones((60, 70), np.float32), 3.0)
    assert found == pytest.approx(0.6 * signs, abs=1e-4)


def test_what_is_nowhere_determines_nothing():
    band = ContextBand(CROP, picture_by(np.eye(3)), np.ones(SIZE, np.float32))
    nowhere = np.full((*SIZE, 3), np.nan, np.float32)
    assert polish(band, nowhere, np.eye(3), "homography", 4.0, 3.0) is None
