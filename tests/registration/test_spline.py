"""A smooth displacement: its values, its slopes and its stiffness."""

import numpy as np
import pytest

from artifix.geometry import Box
from artifix.registration.spline import SplineWarp, energy, is_smooth, jacobians

BOX = (10.0, -20.0, 130.0, 60.0)  # 120 wide, 80 high


def warp(seed: int = 0) -> SplineWarp:
    return SplineWarp(BOX, np.random.default_rng(seed).normal(0, 4, (7, 9, 2)))


def inside(count: int = 40) -> np.ndarray:
    return np.random.default_rng(1).uniform([14, -16], [126, 56], (count, 2))


def linear(across: float, down: float) -> SplineWarp:
    """Coefficients that rise by so much from cell to cell."""
    rows, columns = np.mgrid[:7, :9]
    return SplineWarp(BOX, np.dstack([across * columns, down * rows]).astype(float))


def test_even_coefficients_move_all_points_alike():
    moved = SplineWarp(BOX, np.full((7, 9, 2), (3.0, -2.0)))
    assert moved.points(inside()) - inside() == pytest.approx(np.full((40, 2), (3.0, -2.0)))


def test_coefficients_that_rise_evenly_stretch():
    moved = linear(2.0, -4.0).points(inside()) - inside()
    # Cells are 20 px along both sides.
    x, y = inside().T
    assert moved == pytest.approx(np.column_stack([2 + (x - 10) / 10, -4 - (y + 20) / 5]))


def test_the_basis_tells_what_points_move_by():
    moves = warp().basis(inside()) @ warp().coefficients.reshape(-1, 2)
    assert inside() + moves == pytest.approx(warp().points(inside()))


@pytest.mark.parametrize("points", [np.array([[10.0, -20]]), np.array([[130.0, 60]]), np.array([[70.0, 20]])])
def test_at_the_corners_of_its_box_nothing_jumps(points):
    near = points + np.where(points > 50, -1e-6, 1e-6)
    assert warp().points(points) == pytest.approx(warp().points(near), abs=1e-4)
    assert np.linalg.norm(warp().points(points) - points) > 0


@pytest.mark.parametrize(("right", "down"), [(1, 0), (0, 1), (2, 0), (1, 1), (0, 2)])
def test_derivatives_are_differences_in_sides_of_the_box(right, down):
    step, unit = 0.02, 120.0

    def value(points: np.ndarray, right: int, down: int) -> np.ndarray:
        if right:
            left, after = points - np.array([step, 0]), points + np.array([step, 0])
        elif down:
            left, after = points - np.array([0, step]), points + np.array([0, step])
        else:
            return warp().basis(points)
        rest = (right - 1, down) if right else (right, down - 1)
        return (value(after, *rest) - value(left, *rest)) / (2 * step / unit)

    wanted = value(inside(12), right, down)
    assert warp().basis(inside(12), right, down) == pytest.approx(wanted, abs=2e-2 * np.abs(wanted).max())


def test_jacobians_tell_areas():
    found = jacobians(linear(2.0, -4.0), inside())
    assert found == pytest.approx(np.broadcast_to(np.diag([1.1, 0.8]), (40, 2, 2)))
    half = np.array([0.5, 0])
    assert jacobians(warp(), inside(3))[:, :, 0] == pytest.approx(
        warp().points(inside(3) + half) - warp().points(inside(3) - half)
    )


@pytest.mark.parametrize(
    ("across", "down", "smooth"),
    [
        (0, 0, True),
        (-15, 0, True),
        (-17, 0, False),
        (0, -17, False),
        (-21, -21, False),
        (70, 0, True),
        (90, 0, False),
    ],
)
def test_what_shrinks_or_grows_too_much_is_not_smooth(across, down, smooth):
    assert is_smooth(linear(across, down), Box(20, -10, 120, 50)) == smooth


def test_only_what_lies_in_the_box_has_to_be_smooth():
    folded = np.zeros((7, 9, 2))
    folded[:, 6:, 0] = -60
    assert is_smooth(SplineWarp(BOX, folded), Box(15, -10, 45, 50))
    assert not is_smooth(SplineWarp(BOX, folded), Box(15, -10, 125, 50))


def test_the_cost_of_a_bend_is_the_square_of_its_curvature_over_the_expected():
    """x**2 / 2 times c, in sides: its second derivative is c everywhere; a shift costs as much at any c."""
    rows, columns = np.mgrid[:7, :9]
    for bent in (columns**2 / 2 / 36, rows**2 / 2 / 36):  # cells are a sixth of the longer side
        flat = SplineWarp(BOX, np.zeros((7, 9, 2)))
        shape = bent.ravel().astype(float)
        stiff, soft = (shape @ energy(flat, c) @ shape for c in (0.1, 0.2))
        area = 80 / 120
        assert (stiff - soft) * 120**2 == pytest.approx(area * (1 / 0.1**2 - 1 / 0.2**2), rel=1e-6)
    twist = ((columns - 4.0) * (rows - 3.0) / 36).ravel()
    stiff, soft = (twist @ energy(flat, c) @ twist for c in (0.1, 0.2))
    assert (stiff - soft) * 120**2 == pytest.approx(2 * area * (1 / 0.1**2 - 1 / 0.2**2), rel=1e-6)


def test_the_cost_of_a_shift_is_its_square_over_the_expected():
    even = np.ones(63)
    cost = even @ energy(SplineWarp(BOX, np.zeros((7, 9, 2))), 0.5) @ even
    assert cost == pytest.approx(80 / 120 / 0.15**2 / 120**2, rel=1e-6)
