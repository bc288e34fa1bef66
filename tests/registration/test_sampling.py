"""Pictures and masks, sampled where points lie."""

from dataclasses import replace

import numpy as np
import pytest

from artifix.geometry import Box, Crop
from artifix.registration import tuning
from artifix.registration.sampling import grid_of, outlined, points_on, sample, scattered

SHAPE = 40, 50
MAPPED = pytest.mark.parametrize(
    "mapped", [outlined, lambda *given: scattered(*given, 4)], ids=["outlined", "scattered"]
)


def ramp() -> np.ndarray:
    """A value that tells the place: 2 x + 3 y, and its half."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float32)
    return np.dstack([2 * x + 3 * y, x + 1.5 * y])


def grid(left: float, top: float, step: float, size: tuple[int, int]) -> np.ndarray:
    y, x = np.mgrid[: size[0], : size[1]]
    return np.column_stack([left + step * x.ravel(), top + step * y.ravel()])


def test_a_grid_holds_the_centres_of_the_pixels_of_a_crop():
    crop = Crop(Box(10, 20, 16, 24), (2, 3))  # pixels of 2 x 2
    assert grid_of(crop) == pytest.approx(
        np.array([[10.5, 20.5], [12.5, 20.5], [14.5, 20.5], [10.5, 22.5], [12.5, 22.5], [14.5, 22.5]])
    )


@pytest.mark.parametrize("size", [(30, 44), (31, 20), (7, 45)])
def test_a_smooth_map_is_interpolated_between_some_of_its_points(size):
    def bend(points: np.ndarray) -> np.ndarray:
        asked.append(len(points))
        x, y = points.T
        return np.column_stack([x + 0.001 * y**2, 2 * y - 0.002 * x * y + 5])

    asked: list[int] = []
    crop = Crop(Box(5, -3, 5 + 2 * size[1], -3 + size[0]), size)
    every = points_on(crop, bend)
    assert points_on(crop, bend, size[0] * size[1]) == pytest.approx(every, abs=1e-9)
    assert asked == [size[0] * size[1]] * 2  # no more than that many are all
    assert points_on(crop, bend, size[0] * size[1] // 9) == pytest.approx(every, abs=1e-8)
    step = int(np.ceil(np.sqrt(size[0] * size[1] / (size[0] * size[1] // 9))))
    assert asked[2] == (int(np.ceil(size[0] / step)) + 3) * (int(np.ceil(size[1] / step)) + 3)


@pytest.mark.parametrize(("left", "top"), [(10.0, 10.0), (20.25, 5.5), (4.75, 24.3)])
def test_between_pixels_the_value_lies_between_theirs(left, top):
    picture, valid = sample(ramp(), grid(left, top, 1.0, (8, 9)), (8, 9))
    y, x = np.mgrid[:8, :9]
    wanted = 2 * (x + left) + 3 * (y + top)
    assert valid.all()
    assert picture == pytest.approx(np.dstack([wanted, wanted / 2]), abs=0.1)


@pytest.mark.parametrize("step", [2.0, 3.5])
def test_where_the_reference_shrinks_means_of_areas_are_taken(step):
    plane = ramp()[..., 0]
    noise = np.random.default_rng(0).normal(0, 20, SHAPE).astype(np.float32)
    size = 8, 9
    points = grid(6, 5, step, size)
    plain, noisy = sample(plane, points, size)[0], sample(plane + noise, points, size)[0]
    wanted = (2 * points[:, 0] + 3 * points[:, 1]).reshape(size)
    assert plain == pytest.approx(wanted, abs=0.6)
    assert (noisy - plain).std() == pytest.approx(20 / step, rel=0.35)


def test_what_is_shown_ends_half_a_pixel_beyond_the_outermost_centres():
    height, width = SHAPE
    points = np.array([[-0.5, 5], [-0.51, 5], [width - 0.5, 5], [width - 0.49, 5]])
    assert sample(ramp(), points, (2, 2))[1].ravel().tolist() == [True, False, True, False]
    points = np.array([[5, -0.5], [5, -0.51], [5, height - 0.5], [5, height - 0.49]])
    assert sample(ramp(), points, (2, 2))[1].ravel().tolist() == [True, False, True, False]


def test_beyond_the_reference_its_edge_is_repeated():
    points = np.array([[-1e9, 7], [-3, 7], [0, 7], [1, 7]])
    picture, valid = sample(ramp()[..., 0], points, (1, 4))
    assert picture[0] == pytest.approx([21, 21, 21, 23], abs=0.3)
    assert valid[0].tolist() == [False, False, True, True]


def test_no_point_in_the_reference_shows_nothing():
    points = np.full((6, 2), np.nan)
    picture, valid = sample(ramp(), points, (2, 3))
    assert picture.shape == (2, 3, 2)
    assert not picture.any()
    assert not valid.any()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_overshoot_is_cut_to_what_is_there(dtype):
    steps = np.zeros(SHAPE, dtype)
    steps[:, 25:] = 200
    picture, _ = sample(steps, grid(20, 10, 0.25, (8, 40)), (8, 40))
    assert (picture.min(), picture.max()) == (0, 200)
    assert picture.dtype == np.float32


def square(top: int, left: int, side: int) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[top : top + side, left : left + side] = True
    return mask


@pytest.mark.parametrize(
    "mapped", [outlined, lambda *given: scattered(*given, 4)], ids=["outlined", "scattered"]
)
def test_a_mask_is_mapped_to_where_its_pixels_lie(mapped):
    mask = square(10, 12, 8)
    mask[13, 14] = False
    same = mapped(mask, lambda points: points, SHAPE)
    same[13, 14] = False  # closed where points are scattered
    assert (same == mask).all()
    twice = mapped(square(10, 12, 6), lambda points: 2 * points + np.array([-9.5, -4.5]), (60, 70, 3))
    wanted = np.zeros((60, 70), bool)
    wanted[15:27, 14:26] = True
    assert (twice == wanted).all()


@pytest.mark.parametrize(
    "mapped", [outlined, lambda *given: scattered(*given, 2)], ids=["outlined", "scattered"]
)
@pytest.mark.parametrize("away", [(-100, 0), (0, 100), (1e9, 0)])
def test_a_mask_that_is_mapped_beyond_the_reference_is_empty_there(mapped, away):
    found = mapped(square(10, 12, 8), lambda points: points + np.array(away), SHAPE)
    assert found.shape == SHAPE
    assert not found.any()


@pytest.mark.parametrize(
    "mapped", [outlined, lambda *given: scattered(*given, 2)], ids=["outlined", "scattered"]
)
def test_a_mask_across_the_border_of_the_reference_is_cut_off_there(mapped):
    found = mapped(square(10, 12, 8), lambda points: points + np.array([33, -14]), SHAPE)
    wanted = np.zeros(SHAPE, bool)
    wanted[:4, 45:] = True
    assert (found == wanted).all()


def noise(size: tuple[int, int] = SHAPE, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(6).integers(0, 256, size).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_at_its_pixels_the_reference_is_given_back_up_to_its_borders(dtype):
    reference = noise((40, 50, 3), dtype)
    picture, valid = sample(reference, grid(0, 0, 1.0, SHAPE), SHAPE)
    assert valid.all()
    np.testing.assert_array_equal(picture, reference)
    corner, _ = sample(reference, grid(45, 33, 1.0, (7, 5)), (7, 5))
    np.testing.assert_array_equal(corner, reference[33:, 45:])


@pytest.mark.parametrize("zoom", [(2, 2), (3, 3), (4, 1), (1, 4), (8, 2)])
def test_a_reference_that_is_so_many_times_as_large_gives_the_means_of_so_many_pixels(zoom):
    """As many as its area shrinks by, square: of stripes across which it shrinks more only some are seen."""
    down, right = zoom
    side = round(np.sqrt(down * right))
    reference = noise((240, 240)).astype(np.float32)
    size = 240 // down, 240 // right
    x, y = right * (np.arange(size[1]) + 0.5) - 0.5, down * (np.arange(size[0]) + 0.5) - 0.5
    points = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    picture, valid = sample(reference, points, size)
    means = reference.reshape(240 // side, side, 240 // side, side).mean((1, 3))
    # Where it shrinks alike these are the means; else one of some, between means where it grows.
    at_x, at_y = (x + 0.5) / side - 0.5, (y + 0.5) / side - 0.5
    wanted, _ = sample(means, np.stack(np.meshgrid(at_x, at_y), -1).reshape(-1, 2), size)
    assert valid.all()
    assert picture == pytest.approx(wanted, abs=1e-3)
    if down == right:
        assert picture == pytest.approx(means, abs=1e-3)


def test_a_turned_reference_that_is_twice_as_large_gives_the_means_of_four_pixels():
    reference = noise((80, 80)).astype(np.float32)
    x, y = np.meshgrid(np.arange(40), np.arange(40))
    points = np.column_stack([79 - (2 * y + 0.5).ravel(), (2 * x + 0.5).ravel()])
    picture, _ = sample(reference, points, (40, 40))
    means = reference.reshape(40, 2, 40, 2).mean((1, 3))
    assert picture == pytest.approx(means[:, ::-1].T, abs=1e-3)


def test_a_shrinkage_of_less_than_a_tenth_is_none():
    reference = noise((66, 66)).astype(np.float32)
    for step, is_averaged in ((1.09, False), (1.12, True)):
        points = grid(0, 0, step, (50, 50))
        picture, _ = sample(reference, points, (50, 50))
        on_pixels = picture[0, 0] == reference[0, 0]
        assert on_pixels != is_averaged


@pytest.mark.parametrize("most", [100, 10**6])
def test_the_shrinkage_is_the_one_that_half_of_the_picture_exceeds(monkeypatch, most):
    """On the left three px of the reference lie between neighbours, on the right, which is wider, two."""
    monkeypatch.setattr(tuning, "REGISTRATION", replace(tuning.REGISTRATION, most_asked_pixels=most))
    reference = noise((80, 200)).astype(np.float32)
    x = np.concatenate([3 * np.arange(8) + 0.5, 24 + 2 * np.arange(32) + 0.5])
    points = np.stack(np.meshgrid(x, 2 * np.arange(40) + 0.5), -1).reshape(-1, 2)
    picture, _ = sample(reference, points, (40, 40))
    means = reference.reshape(40, 2, 100, 2).mean((1, 3))
    assert picture[:, 8:] == pytest.approx(means[:, 12:44], abs=1e-3)


def test_what_lies_beyond_the_reference_is_not_asked_how_much_it_shrinks():
    reference = noise((40, 40)).astype(np.float32)
    x = np.concatenate([np.arange(20), 1000 + 50 * np.arange(40)]).astype(float)
    points = np.stack(np.meshgrid(x, np.arange(40.0)), -1).reshape(-1, 2)
    picture, valid = sample(reference, points, (40, 60))
    np.testing.assert_array_equal(valid, np.tile(np.arange(60) < 20, (40, 1)))
    assert picture[:, :20] == pytest.approx(reference[:, :20], abs=1e-3)


@pytest.mark.parametrize("size", [(1, 30), (30, 1)])
def test_a_single_row_or_column_is_not_shrunk(size):
    reference = noise((70, 70)).astype(np.float32)
    picture, _ = sample(reference, grid(3, 4, 2.0, size), size)
    wanted = reference[4 : 4 + 2 * size[0] : 2, 3 : 3 + 2 * size[1] : 2]
    np.testing.assert_array_equal(picture, wanted)


def test_points_past_what_can_be_addressed_lie_at_its_end_and_are_not_shown():
    """Those that are nowhere lie above or left of the reference."""
    points = np.array([[np.inf, 5], [-np.inf, 5], [5, np.nan], [np.nan, 5], [0, 0], [49, 39]])
    picture, valid = sample(ramp()[..., 0], points, (1, 6))
    assert valid.tolist() == [[False, False, False, False, True, True]]
    assert picture[0] == pytest.approx([2 * 49 + 15, 15, 10, 15, 0, 2 * 49 + 3 * 39])


def test_the_range_that_overshoot_is_cut_to_is_that_of_what_is_looked_at():
    steps = np.full(SHAPE, 50, np.uint8)
    steps[:, 25:] = 200
    steps[0, 0], steps[-1, -1] = 0, 255  # far away
    picture, _ = sample(steps, grid(20, 16, 0.25, (8, 40)), (8, 40))
    assert (picture.min(), picture.max()) == (50, 200)


def slanted(points: np.ndarray) -> np.ndarray:
    """Twice as wide, and every row a pixel farther to the right."""
    x, y = points.T
    return np.column_stack([2 * x + y - 20, y + 3])


def test_a_slanted_mask_holds_the_pixels_whose_centres_come_from_it():
    found = outlined(square(10, 12, 9), slanted, (60, 70, 3))
    rows, columns = np.mgrid[:60, :70]
    y = rows - 3.0
    x = (columns + 20 - y) / 2
    wanted = (np.abs(x - 16) < 4.5) & (np.abs(y - 14) < 4.5)
    assert (found == wanted).all()
    scattered_too = scattered(square(10, 12, 9), slanted, (60, 70, 3), 6)
    assert (scattered_too != wanted).sum() <= 18  # at either end of nine rows it may be a pixel off


def test_a_hole_in_a_mask_stays_one_where_outlines_are_mapped_and_parts_stay_apart():
    mask = square(4, 5, 12)
    mask[8:12, 8:13] = False
    mask[9:11, 10] = True
    mask[20:23, 30:41] = True
    for right, down in ((0, 0), (7, 11)):
        found = outlined(mask, lambda p, by=(right, down): p + np.array(by), (60, 70))
        wanted = np.zeros((60, 70), bool)
        wanted[down : down + 40, right : right + 50] = mask
        assert (found == wanted).all()


@pytest.mark.parametrize(("away", "kept"), [((-14, -12), np.s_[:6, :6]), ((32, 24), np.s_[34:, 44:])])
def test_a_mask_is_cut_off_at_any_corner_of_the_reference(away, kept):
    wanted = np.zeros(SHAPE, bool)
    wanted[kept] = True
    for found in (
        outlined(square(10, 12, 8), lambda p: p + np.array(away), SHAPE),
        scattered(square(10, 12, 8), lambda p: p + np.array(away), SHAPE, 2),
    ):
        assert (found == wanted).all()


@pytest.mark.parametrize(
    ("away", "kept"),
    [((-19, 0), np.s_[10:18, :1]), ((0, -17), np.s_[:1, 12:20]), ((37, 0), np.s_[10:18, 49:]),
     ((0, 29), np.s_[39:, 12:20])],
)  # fmt: skip
def test_a_single_row_or_column_of_a_mask_is_kept_in_the_reference(away, kept):
    wanted = np.zeros(SHAPE, bool)
    wanted[kept] = True
    for found in (
        outlined(square(10, 12, 8), lambda p: p + np.array(away), SHAPE),
        scattered(square(10, 12, 8), lambda p: p + np.array(away), SHAPE, 2),
    ):
        assert (found == wanted).all()


@pytest.mark.parametrize("fine", [1, 2, 3])
def test_points_lie_evenly_in_pixels_that_are_scattered(fine):
    asked = []

    def keep(points: np.ndarray) -> np.ndarray:
        asked.append(points)
        return points

    assert (scattered(square(10, 12, 1), keep, SHAPE, fine) == square(10, 12, 1)).all()
    told = np.array(sorted(np.vstack(asked).tolist()))
    steps = [(i + 0.5) / fine - 0.5 for i in range(fine)]
    assert told == pytest.approx(np.array([[12 + right, 10 + down] for right in steps for down in steps]))


def test_a_gap_of_a_pixel_between_scattered_points_is_closed_and_a_wider_one_is_not():
    for gap, is_closed in ((1, True), (3, False)):

        def part(points: np.ndarray, gap: int = gap) -> np.ndarray:
            return points + np.where(points[:, :1] > 15.5, [[gap, 0]], 0)

        found = scattered(square(10, 12, 8), part, SHAPE, 1)
        assert found[10:18, 16 : 16 + gap].all() == is_closed
        assert found[10:18, 12:16].all()
        assert found[10:18, 16 + gap : 20 + gap].all()


@pytest.mark.parametrize(
    ("row", "column", "is_looked_at"),
    [(6, 25, True), (5, 25, False), (22, 25, True), (23, 25, False),
     (12, 14, True), (12, 13, False), (12, 34, True), (12, 35, False)],
)  # fmt: skip
def test_overshoot_is_cut_to_the_range_from_four_px_before_the_points_to_five_beyond(
    row, column, is_looked_at
):
    """The points lie in columns 18 to 29 and rows 10 to 17; the edge between 50 and 200 overshoots."""
    steps = np.full(SHAPE, 50, np.uint8)
    steps[:, 24:] = 200
    steps[row, column] = 255
    x, y = np.meshgrid(np.arange(18, 29.51, 0.5), np.arange(10, 17.01, 0.5))
    x, y = x + 0.25, y + 0.25
    picture, _ = sample(steps, np.column_stack([x.ravel(), y.ravel()]), x.shape)
    at_edge = picture[(np.abs(y - 12.25) > 3) & (np.abs(x - 24) < 4)]
    assert (at_edge.max() > 205) == is_looked_at


def test_of_a_large_picture_the_shrinkage_is_measured_between_every_third_point(monkeypatch):
    """Six px of the picture are twelve of the reference, of which all but one step is one long."""
    reference = noise((40, 90)).astype(np.float32)
    x = np.cumsum(np.where(np.arange(36) % 6 == 5, 7, 1)) - 1.0
    points = np.stack(np.meshgrid(x, np.arange(36.0)), -1).reshape(-1, 2)
    exact = reference[:36, x.astype(int)]
    for most, is_averaged in ((36 * 36, False), (36 * 36 // 9, True)):
        monkeypatch.setattr(tuning, "REGISTRATION", replace(tuning.REGISTRATION, most_asked_pixels=most))
        picture, _ = sample(reference, points, (36, 36))
        assert np.allclose(picture, exact, atol=1e-3) != is_averaged


@pytest.mark.parametrize("size", [(2, 40), (40, 2), (3, 30)])
def test_of_a_large_picture_of_few_rows_all_points_are_measured(monkeypatch, size):
    monkeypatch.setattr(tuning, "REGISTRATION", replace(tuning.REGISTRATION, most_asked_pixels=8))
    reference = noise((80, 80)).astype(np.float32)
    picture, _ = sample(reference, grid(0.5, 0.5, 2.0, size), size)
    means = reference.reshape(40, 2, 40, 2).mean((1, 3))
    assert picture == pytest.approx(means[: size[0], : size[1]], abs=1e-3)


@pytest.mark.parametrize("upright", [True, False])
def test_a_sliver_of_the_reference_between_the_points_asked_first_is_measured(monkeypatch, upright):
    """Of 40 x 40 points every fourth row and column is asked; the reference is seen in rows 1 to 3 alone."""
    monkeypatch.setattr(tuning, "REGISTRATION", replace(tuning.REGISTRATION, most_asked_pixels=100))
    reference = noise((6, 80)).astype(np.float32)
    x, y = np.meshgrid(2 * np.arange(40) + 0.5, 2 * np.arange(40) - 1.5)
    if not upright:
        reference, x, y = np.ascontiguousarray(reference.T), y.T, x.T
    picture, valid = sample(reference, np.column_stack([x.ravel(), y.ravel()]), (40, 40))
    picture, valid = (picture, valid) if upright else (picture.T, valid.T)
    source = reference if upright else reference.T
    assert valid.any(1).tolist() == [row in (1, 2, 3) for row in range(40)]
    assert picture[1:4] == pytest.approx(source.reshape(3, 2, 40, 2).mean((1, 3)), abs=1e-3)


@pytest.mark.parametrize(
    ("by", "pixels"),
    [(-0.5, -1), (-0.4, -1), (-0.35, 0), (0.25, 0), (0.5, 0), (0.6, 0), (0.65, 1), (0.75, 1), (1.5, 1)],
)
def test_an_outline_that_moves_by_half_a_pixel_rounds_to_the_left_and_up(by, pixels):
    """A fourth of a pixel is told apart; of each pixel's four by four the third of the third row decides."""
    for axis in range(2):
        off = np.eye(2)[axis]
        found = outlined(square(10, 12, 8), lambda points, off=off: points + by * off, SHAPE)
        right, down = (pixels * off).astype(int)
        assert (found == square(10 + down, 12 + right, 8)).all()
