"""Warps through matches, in numbers."""

from dataclasses import replace

import numpy as np
import pytest

from artifix.geometry import Box, Crop, transform_points
from artifix.registration import tuning
from artifix.registration.context_band import ContextBand
from artifix.registration.spline import energy
from artifix.registration.spline_fit import fit_spline_warp, identity
from artifix.scene import Matches

TUNED = tuning.REGISTRATION
BOX = Box(20, 40, 120, 100)  # its warp's: 10 px more on all sides, 120 x 80
TOLERANCE_PX = 2.0


def band(box: Box = BOX) -> ContextBand:
    size = box.height, box.width
    return ContextBand(Crop(box, size), np.zeros((*size, 3), np.float32), np.ones(size, np.float32))


def grid() -> np.ndarray:
    """(20, 2) points around the middle of the box."""
    x, y = np.meshgrid(70 + np.array([-48.0, -24, 0, 24, 48]), 70 + np.array([-30.0, -10, 10, 30]))
    return np.column_stack([x.ravel(), y.ravel()])


def moved(points: np.ndarray, by: np.ndarray, tolerance_px: float = TOLERANCE_PX) -> Matches:
    return Matches(points, points + by, np.ones(len(points)), "sift", tolerance_px)


@pytest.mark.parametrize(
    ("box", "warps", "shape"),
    [
        (BOX, (10, 30, 130, 110), (7, 9, 2)),  # six cells along the longer side, four of as many px
        (Box(40, 20, 100, 120), (30, 10, 110, 130), (9, 7, 2)),
        (Box(0, 0, 200, 10), (-20, -20, 220, 30), (5, 9, 2)),  # two at least
        (Box(0, 0, 50, 50), (-5, -5, 55, 55), (9, 9, 2)),
    ],
)
def test_a_warp_that_displaces_nothing_reaches_a_tenth_beyond_the_band(box, warps, shape):
    warp = identity(band(box))
    assert warp.box == pytest.approx(warps)
    assert warp.coefficients.shape == shape
    assert not warp.coefficients.any()


@pytest.mark.parametrize("view", [np.eye(3), np.array([[0, -2, 300.0], [2, 0, 5], [0, 0, 1]])])
def test_matches_that_agree_move_a_stiff_warp_as_far_as_its_prior_lets(monkeypatch, view):
    shift, curvature = 0.01, 1e-4  # of the box's sides: of a shift, of a bend
    monkeypatch.setattr(tuning, "REGISTRATION", replace(TUNED, warp_shift=shift))
    by = np.array([3.0, -4.0])
    matches = Matches(grid(), transform_points(view, grid() + by), np.ones(20), "sift", TOLERANCE_PX)
    found = fit_spline_warp(view, matches, band(), curvature)
    assert found is not None
    warp, information = found
    prior, share = 120 * 80 / 120**2 / (shift * 120) ** 2, 0.0
    for tolerance in np.geomspace(0.06 * 120, TOLERANCE_PX, 8):
        one = (1 + (5 * (1 - share) / tolerance) ** 2) ** -2 * (2 / tolerance) ** 2
        share = 20 * one / (20 * one + prior)
    assert warp.points(grid()) - grid() == pytest.approx(np.tile(share * by, (20, 1)), rel=1e-4)
    basis = warp.basis(grid())
    assert information == pytest.approx(one * basis.T @ basis + energy(warp, curvature), rel=1e-6, abs=1e-9)
    assert share < 0.99


def test_coarse_matches_start_as_tolerant_as_they_are(monkeypatch):
    monkeypatch.setattr(tuning, "REGISTRATION", replace(TUNED, warp_shift=0.01))
    found = fit_spline_warp(np.eye(3), moved(grid(), np.array([6.0, 0]), 12.0), band(), 1e-4)
    prior, share = 120 * 80 / 120**2 / 1.2**2, 0.0
    for _ in range(8):
        one = (1 + (6 * (1 - share) / 12) ** 2) ** -2 / 36
        share = 20 * one / (20 * one + prior)
    assert found[0].points(grid())[:, 0] - grid()[:, 0] == pytest.approx(np.full(20, 6 * share), rel=1e-4)


@pytest.mark.filterwarnings("ignore:overflow")
def test_matches_on_the_horizon_and_far_off_have_no_say():
    """One lies where the view leads to infinity, another a thousand px off."""
    view = np.array([[1, 0, 0], [0, 1, 0], [0.001, 0, 1.0]])
    points, by = grid(), np.array([1.0, 2.0])
    reference = transform_points(view, points + by)
    reference[3], reference[7] = (1000.0, 0), (-1e3, 1e3)
    matches = Matches(points, reference, np.ones(20), "sift", TOLERANCE_PX)
    found = fit_spline_warp(view, matches, band(), 0.6)
    rest = np.delete(np.arange(20), [3, 7])
    alone = fit_spline_warp(view, matches.take(rest), band(), 0.6)
    assert found[0].coefficients == pytest.approx(alone[0].coefficients, abs=1e-3)
    assert found[0].points(points[rest]) - points[rest] == pytest.approx(np.tile(by, (18, 1)), abs=0.02)


@pytest.mark.parametrize(
    ("last", "is_found"),
    [
        ((11, 70), True),
        ((10, 70), False),
        ((129, 70), True),
        ((130, 70), False),
        ((70, 31), True),
        ((70, 30), False),
        ((70, 109), True),
        ((70, 110), False),
    ],
)
def test_twelve_matches_must_lie_in_the_warps_box(last, is_found):
    points = np.vstack([grid()[:11], last])
    found = fit_spline_warp(np.eye(3), moved(points, np.array([1.0, 0])), band(), 0.6)
    assert (found is not None) == is_found


@pytest.mark.parametrize(("off", "is_found"), [(8, True), (9, False)])
def test_twelve_of_the_matches_must_agree(off, is_found):
    """Of twenty some lie off, each in another direction, farther than they may."""
    by = np.tile([1.0, -1.0], (20, 1))
    angles = np.linspace(0, 2 * np.pi, off, endpoint=False)
    by[:: 20 // off][:off] += 200 * np.column_stack([np.cos(angles), np.sin(angles)])
    found = fit_spline_warp(np.eye(3), moved(grid(), by), band(), 0.3)
    assert (found is not None) == is_found
