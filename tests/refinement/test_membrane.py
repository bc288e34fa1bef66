"""A membrane is in balance everywhere, at the size that it is solved at."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from artifix.refinement import tuning
from artifix.refinement.membrane import membrane

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(64, 24), (24, 64), (64, 64)])
def test_what_pulls_a_place_to_its_value_is_what_its_neighbours_pull_it_away(shape):
    values = RNG.uniform(-50, 50, (*shape, 3)).astype(np.float32)
    weight = RNG.choice([0, 0.2, 1], shape).astype(np.float32)
    found = membrane(values, weight, 0.3).astype(np.float64)
    padded = np.pad(found, ((1, 1), (1, 1), (0, 0)), mode="edge")  # beyond its edges nothing pulls
    around = padded[2:, 1:-1] + padded[:-2, 1:-1] + padded[1:-1, 2:] + padded[1:-1, :-2]
    np.testing.assert_allclose(weight[..., None] * (found - values), 0.3 * (around - 4 * found), atol=3e-3)


def test_between_two_known_ends_a_strip_rises_evenly():
    """The force of each end, 1 time its distance from the value, is the stiffness times the step."""
    values, weight = np.zeros((64, 64, 3), np.float32), np.zeros((64, 64), np.float32)
    values[:, -1], weight[:, [0, -1]] = (66, 660, -66), 1
    found = membrane(values, weight, 0.5)
    # step = s: ends lie 0.5 s off their values, and 63 s apart: 64 s = 66.
    np.testing.assert_allclose(found[10, :, 0], 66 / 64 * (0.5 + np.arange(64)), atol=0.05)
    np.testing.assert_allclose(found[..., 1], 10 * found[..., 0], atol=0.05)
    np.testing.assert_allclose(found[..., 2], -found[..., 0], atol=0.05)


@pytest.mark.parametrize(
    ("shape", "grid"), [((128, 40), (64, 20)), ((40, 128), (20, 64)), ((6, 128), (4, 64))]
)
def test_a_slack_membrane_holds_the_weighted_means_of_the_cells_of_its_grid(shape, grid):
    values = RNG.uniform(-50, 50, (*shape, 3)).astype(np.float32)
    weight = RNG.uniform(0.2, 1, shape).astype(np.float32)
    found = membrane(values, weight, 1e-9)
    total, mass = (
        cv2.resize(part, grid[::-1], interpolation=cv2.INTER_AREA)
        for part in (values * weight[..., None], weight)
    )
    wanted = cv2.resize(total / mass[..., None], shape[::-1], interpolation=cv2.INTER_CUBIC)
    np.testing.assert_allclose(found, wanted, atol=1e-2)


def test_the_grid_is_as_long_as_tuned_and_no_side_of_it_is_shorter_than_the_least(monkeypatch):
    tuned = replace(tuning.REFINEMENT, membrane_side_px=8, membrane_least_side_px=2)
    monkeypatch.setattr(tuning, "REFINEMENT", tuned)
    for shape, grid in (((32, 4), (8, 2)), ((4, 32), (2, 8)), ((6, 12), (4, 8))):
        values = RNG.uniform(0, 9, (*shape, 3)).astype(np.float32)
        found = membrane(values, np.ones(shape, np.float32), 1e-9)
        cells = cv2.resize(values, grid[::-1], interpolation=cv2.INTER_AREA)
        np.testing.assert_allclose(
            found, cv2.resize(cells, shape[::-1], interpolation=cv2.INTER_CUBIC), atol=1e-2
        )
