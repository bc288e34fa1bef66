"""Steps along the flow of descriptors that are made up, so that each step is known in numbers."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from artifix.geometry import Box
from artifix.matching.descriptors import CELL_PX, CELLS, SIDE_PX
from artifix.registration import tuning
from artifix.registration.content import Content
from artifix.registration.flow import register, warp_along
from artifix.registration.spline import SplineWarp
from artifix.registration.transform import Transform

TUNED = tuning.REGISTRATION
BOX = Box(100, 60, 100 + 2 * SIDE_PX, 60 + 2 * SIDE_PX)  # two pixels of the image are one of the frame
TO_FRAME = np.array([[0.5, 0, -50.25], [0, 0.5, -30.25], [0, 0, 1]])
START = Transform(2 * np.array([[1, 0, -90.0], [0, 1, -50], [0, 0, 1]]))  # 2: not normalised
REFERENCE = np.zeros((700, 700, 3), np.uint8)
PERIOD = 16  # cells after which the made-up descriptors come again
FEW = np.zeros((CELLS, CELLS), np.float32)
FEW[np.ix_([8, 23], [8, 23])] = 1  # a square around the middle of the frame
AWAY = 60.0  # px of the frame, of those cells from its middle


def code(right: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Descriptors of the cell at (right, down): two that are d apart are alike by the cosine of that."""
    turn = 2 * np.pi / PERIOD
    parts = np.cos(turn * right), np.sin(turn * right), np.cos(turn * down), np.sin(turn * down)
    return (np.stack(parts, -1) / np.sqrt(2)).astype(np.float32)


DOWN, RIGHT = np.mgrid[:CELLS, :CELLS].astype(float)
SAME = code(RIGHT, DOWN)
SIDES = np.where(RIGHT < CELLS / 2, -1.0, 1.0), np.where(DOWN < CELLS / 2, -1.0, 1.0)  # of the quarters


def content_of(views: Iterable[np.ndarray], shown: np.ndarray = FEW, mask: np.ndarray | None = None):
    """The references it is shown one after the other have these descriptors."""
    one_by_one = iter(views)
    mask = np.zeros_like(FEW) if mask is None else mask
    picture = np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8)
    return Content(BOX, picture, SIDE_PX, mask, shown, SAME, lambda _: next(one_by_one)[None])


def set_to(monkeypatch: pytest.MonkeyPatch, **changed) -> None:
    monkeypatch.setattr(tuning, "REGISTRATION", replace(TUNED, **changed))


def peak(off: float, reach: int = 3, share: float = 1.0) -> tuple[float, float]:
    """Where along a row a like that lies `off` cells away is seen, and how surely.

    The middle of the three displacements around the most alike, and what they say of what all say; a `share`
    of the likeness is left after it was averaged with the neighbours'.
    """
    alike = share * np.cos(2 * np.pi / PERIOD * (np.arange(-reach, reach + 1) - off)) / 2
    says = np.exp(TUNED.flow_sharpness * alike)
    at = int(says.argmax())
    three = np.array([says[i] if 0 <= i < len(says) else 0.0 for i in (at - 1, at, at + 1)])
    return float(at - reach + three @ [-1, 0, 1] / three.sum()), float(three.sum() / says.sum())


def followed_by(weight: float, square: float, prior: float, error_px: float) -> float:
    """The share of what is wanted that is done, where all cells want it alike and err alike."""
    share = 0.0
    for _ in range(TUNED.flow_votes):
        vote = weight * (1 + (error_px * (1 - share) / TUNED.flow_tolerance_px) ** 2) ** -2
        share = vote * square / (vote * square + prior)
    return share


def in_image(move: np.ndarray) -> np.ndarray:
    """The start's matrix after a move of the frame, (3, 3) about its middle in pixels."""
    middle = np.array([[1, 0, (SIDE_PX - 1) / 2], [0, 1, (SIDE_PX - 1) / 2], [0, 0, 1]])
    moved = middle @ move @ np.linalg.inv(middle)
    return START.matrix / 2 @ np.linalg.inv(TO_FRAME) @ moved @ TO_FRAME


MODES = {
    "enlarged": ((1, 0, 0, 1), lambda x, y: (x, y), 2.0),
    "turned": ((0, -1, 1, 0), lambda x, y: (-y, x), 2.0),
    "stretched along the axes": ((1, 0, 0, -1), lambda x, y: (x, -y), 12.0),
    "stretched along the diagonals": ((0, 1, 1, 0), lambda x, y: (y, x), 12.0),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shown", [1.0, 0.125])
def test_four_cells_that_lie_a_cell_off_turn_and_enlarge_and_stretch_as_far_as_the_prior_lets(
    monkeypatch, mode, shown
):
    set_to(monkeypatch, flow_rounds=1)
    linear, way, prior = MODES[mode]
    right, down = way(*SIDES)
    content = content_of([code(RIGHT - right, DOWN - down), SAME], shown * FEW)
    ((alike, found),) = register(content, REFERENCE, [START])
    sure = (peak(1.0)[1] ** 2) ** 2  # along either axis; it counts by its square
    unit = SIDE_PX / 2
    square = 4 * 2 * (AWAY / unit) ** 2
    share = followed_by(TUNED.content_surroundings * shown * sure, square, prior, CELL_PX * np.sqrt(2))
    move = np.eye(3)
    move[:2, :2] += share * CELL_PX / AWAY * np.array(linear).reshape(2, 2)
    assert found.matrix == pytest.approx(in_image(move), rel=1e-5, abs=1e-4)
    assert alike == pytest.approx(min(4 * TUNED.content_surroundings * shown, 1), rel=1e-5)


@pytest.mark.parametrize("off", [(1.0, 0.0), (0.0, -2.0), (0.3, -0.2), (-3.0, 0.0), (1.3, 3.0)])
def test_a_shift_is_followed_to_the_middle_of_what_is_most_alike(monkeypatch, off):
    set_to(monkeypatch, flow_rounds=1)
    ((_, found),) = register(content_of([code(RIGHT - off[0], DOWN - off[1]), SAME]), REFERENCE, [START])
    (right, sure_right), (down, sure_down) = (peak(part) for part in off)
    far_px = CELL_PX * float(np.hypot(right, down))
    weight = TUNED.content_surroundings * (sure_right * sure_down) ** 2
    share = followed_by(weight, 4, TUNED.flow_prior[0], far_px)
    move = np.eye(3)
    move[:2, 2] = share * CELL_PX * right, share * CELL_PX * down
    assert found.matrix == pytest.approx(in_image(move), rel=1e-5, abs=1e-3)


def test_half_of_a_cells_likeness_is_that_of_it_and_its_eight_neighbours(monkeypatch):
    """Here these are alike to nothing, wherever they are sought."""
    set_to(monkeypatch, flow_rounds=1)
    content = replace(content_of([code(RIGHT - 1, DOWN), SAME]), descriptors=SAME * FEW[..., None])
    ((_, found),) = register(content, REFERENCE, [START])
    (right, sure_right), (_, sure_down) = (peak(off, share=(1 + 1 / 9) / 2) for off in (1.0, 0.0))
    weight = TUNED.content_surroundings * (sure_right * sure_down) ** 2
    share = followed_by(weight, 4, TUNED.flow_prior[0], CELL_PX * right)
    move = np.eye(3)
    move[0, 2] = share * CELL_PX * right
    assert found.matrix == pytest.approx(in_image(move), rel=1e-5, abs=1e-3)


def test_cells_in_the_mask_count_by_one_more(monkeypatch):
    set_to(monkeypatch, flow_rounds=1)
    content = content_of([code(RIGHT - 1, DOWN), SAME], mask=0.25 * FEW)
    ((_, found),) = register(content, REFERENCE, [START])
    share = followed_by(
        (0.25 + TUNED.content_surroundings) * peak(1.0)[1] ** 2 * peak(0.0)[1] ** 2, 4, 0.6, 8
    )
    move = np.eye(3)
    move[0, 2] = share * CELL_PX
    assert found.matrix == pytest.approx(in_image(move), rel=1e-5, abs=1e-3)


def test_the_best_of_a_path_is_kept_and_of_equals_the_earlier():
    worse, better = code(RIGHT - 2, DOWN), code(RIGHT - 1, DOWN)
    seen = []

    def views():
        for one in (worse, better, better, worse, worse):
            seen.append(one)
            yield one

    ((alike, found),) = register(content_of(views()), REFERENCE, [START])
    assert len(seen) == TUNED.flow_rounds + 1
    assert alike == pytest.approx((1 + np.cos(2 * np.pi / PERIOD)) / 2, rel=1e-5)
    (right, sure_right), (_, sure_down) = peak(2.0), peak(0.0)
    weight = TUNED.content_surroundings * (sure_right * sure_down) ** 2
    share = followed_by(weight, 4, TUNED.flow_prior[0], CELL_PX * right)
    assert found.matrix[0, 2] == pytest.approx(-90 + 2 * CELL_PX * right * share, abs=1e-3)  # of the first


def test_a_step_to_what_is_no_view_of_a_surface_is_not_taken(monkeypatch):
    set_to(monkeypatch, flow_rounds=1, largest_stretch=1.0)
    ((_, found),) = register(content_of([code(RIGHT - 1, DOWN), SAME]), REFERENCE, [START])
    assert found is START


def test_a_start_that_is_contradicted_all_over_is_told_by_its_own_likeness():
    contrary = -SAME
    ((alike, _),) = register(content_of([contrary] * 5), REFERENCE, [START])
    assert alike == pytest.approx(-1, rel=1e-5)
    half = content_of([contrary] * 5, 0.5 * FEW)
    assert register(half, REFERENCE, [START])[0][0] == pytest.approx(
        -2 * TUNED.content_surroundings, rel=1e-5
    )


def warped_by(monkeypatch, off: tuple[float, float], shown: np.ndarray = FEW, mask=None, **changed):
    set_to(monkeypatch, **({"content_warp_curvatures": (1e-3,)} | changed))
    views = [code(RIGHT - off[0], DOWN - off[1]), SAME, SAME, SAME]
    return warp_along(content_of(views, shown, mask), REFERENCE, START)


def moved_px(found: Transform) -> np.ndarray:
    """(2,) how far the middle of the image's box is displaced."""
    assert isinstance(found.displacement, SplineWarp)
    middle = np.array([[BOX.centre[0] - 0.5, BOX.centre[1] - 0.5]])
    return (found.displacement.points(middle) - middle)[0]


@pytest.mark.parametrize(("shown", "inside"), [(1.0, 0.0), (0.5, 0.0), (1.0, 0.75)])
def test_a_stiff_warp_follows_a_shift_as_far_as_its_prior_lets(monkeypatch, shown, inside):
    found = warped_by(monkeypatch, (1.0, 0.0), shown * FEW, inside * FEW, warp_shift=0.002)
    assert found.matrix is START.matrix
    cell, side = 2.0 * CELL_PX, 2 * SIDE_PX * 1.1  # px of the image; of the warp's box
    sure = (peak(1.0, 2)[1] * peak(0.0, 2)[1]) ** 2
    weight = 4 * shown * (1 + inside * (TUNED.content_warp_inside - 1)) * sure
    share = 0.0
    for tolerance in np.geomspace(2.5, 0.6, 5):
        vote = weight * (1 + ((1 - share) / tolerance) ** 2) ** -2
        share = vote / (vote + (cell / (0.002 * side)) ** 2)
    assert moved_px(found) == pytest.approx([share * cell, 0], rel=1e-3, abs=1e-3)
    assert 0 < share < 0.9


def test_a_warp_that_may_bend_freely_meets_what_every_quarter_wants(monkeypatch):
    set_to(monkeypatch, content_warp_curvatures=(1e3,), warp_shift=1e3)
    right, down = SIDES[1], -SIDES[0]
    found = warp_along(content_of([code(RIGHT - right, DOWN - down), SAME]), REFERENCE, START)
    points = 2 * np.array([[67.5, 67.5], [187.5, 67.5], [67.5, 187.5], [187.5, 187.5]])
    points += np.array([BOX.left + 0.5, BOX.top + 0.5])  # the four cells, in the image
    wanted = 2 * CELL_PX * np.array([[-1, 1], [-1, -1], [1, 1], [1, -1]])
    assert found.displacement.points(points) - points == pytest.approx(wanted, abs=1e-2)
    left, top, end, bottom = found.displacement.box
    pad = 0.05 * BOX.width
    assert (left, top, end, bottom) == (BOX.left - pad, BOX.top - pad, BOX.right + pad, BOX.bottom + pad)
    assert found.displacement.coefficients.shape == (8, 8, 2)


def test_a_second_step_goes_on_from_where_the_first_led(monkeypatch):
    """Loose priors: each step goes all the way that is left."""
    set_to(monkeypatch, content_warp_curvatures=(1e-3, 1e-3), warp_shift=1e3)
    views = [code(RIGHT - 2, DOWN), code(RIGHT, DOWN - 1), SAME]
    found = warp_along(content_of(views), REFERENCE, START)
    assert moved_px(found) == pytest.approx([2 * CELL_PX * peak(2.0, 2)[0], 2 * CELL_PX], abs=1e-2)


def test_the_warp_is_kept_that_made_what_surrounds_the_mask_most_alike(monkeypatch):
    set_to(monkeypatch, content_warp_curvatures=(1e-3, 1e-3), warp_shift=1e3)
    views = [code(RIGHT - 1, DOWN), SAME, code(RIGHT - 1, DOWN)]
    found = warp_along(content_of(views), REFERENCE, START)
    assert moved_px(found) == pytest.approx([2 * CELL_PX, 0], abs=1e-2)


def test_of_warps_that_are_alike_the_first_is_kept(monkeypatch):
    set_to(monkeypatch, content_warp_curvatures=(1e-3, 1e-3), warp_shift=1e3)
    views = [code(RIGHT - 2, DOWN), code(RIGHT - 1, DOWN), code(RIGHT - 1, DOWN)]
    found = warp_along(content_of(views), REFERENCE, START)
    assert moved_px(found) == pytest.approx([2 * CELL_PX * peak(2.0, 2)[0], 0], abs=1e-2)


def turned(likeness: float) -> np.ndarray:
    """Descriptors that are alike by so much to those of the content, wherever they are sought."""
    return (likeness * SAME).astype(np.float32)


@pytest.mark.parametrize(("gain", "is_kept"), [(0.029, False), (0.031, True), (-0.1, False)])
def test_a_warp_must_make_things_clearly_more_alike(monkeypatch, gain, is_kept):
    set_to(monkeypatch, content_warp_curvatures=(1.0,))
    found = warp_along(content_of([turned(0.5), turned(0.5 + gain)]), REFERENCE, START)
    assert (found is not START) == is_kept


def test_what_is_more_alike_in_the_mask_alone_keeps_no_warp(monkeypatch):
    set_to(monkeypatch, content_warp_curvatures=(1.0,))
    mask = np.zeros_like(FEW)
    mask[:, CELLS // 2 :] = 1
    better = np.where(np.roll(mask, 1, 1)[..., None] > 0, turned(0.9), turned(0.5))
    better[:, [0, CELLS // 2]] = turned(0.5)[:, [0, CELLS // 2]]
    content = content_of([turned(0.5), better], FEW, mask)
    assert warp_along(content, REFERENCE, START) is START


def test_a_warp_that_grows_too_much_ends_the_search_and_what_was_found_before_is_kept(monkeypatch):
    loose = {"content_warp_curvatures": (1e-3, 1e3), "warp_shift": 1e3}
    set_to(monkeypatch, **loose, warp_least_area=0.99, warp_most_area=1.01)
    views = [0.3 * code(RIGHT - 1, DOWN), 0.5 * code(RIGHT - SIDES[0], DOWN - SIDES[1]), SAME]
    found = warp_along(content_of(views), REFERENCE, START)
    assert moved_px(found) == pytest.approx([2 * CELL_PX, 0], abs=1e-2)  # as the first step moves it


def test_a_start_that_shows_the_images_corner_on_the_horizon_is_left_as_it_is(monkeypatch):
    set_to(monkeypatch, flow_rounds=1)
    start = Transform(np.array([[1.0, 0, 0], [0, 1, 0], [1e-3, 0, 0]]))
    ((_, found),) = register(content_of([code(RIGHT - 1, DOWN), SAME], 0 * FEW), REFERENCE, [start])
    assert found is start


def test_a_start_without_a_shift_along_one_side_is_followed_along_the_other(monkeypatch):
    set_to(monkeypatch, flow_rounds=1)
    for axis, off in ((0, (1, 0)), (1, (0, 1))):
        content = content_of([code(RIGHT - off[0], DOWN - off[1]), SAME])
        ((_, found),) = register(content, REFERENCE, [Transform(np.eye(3))])
        assert found.matrix[axis, 2] > 7
        assert found.matrix[1 - axis, 2] == pytest.approx(0, abs=1e-6)
