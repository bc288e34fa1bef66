"""What is gathered for a transform, in numbers that made-up cells, pictures and matches give."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from artifix.geometry import Box, resize
from artifix.matching.descriptors import CELLS, SIDE_PX, soft_features
from artifix.registration.content import Content, Seen
from artifix.registration.context_band import BandScore
from artifix.registration.disparity import DisparityMap
from artifix.registration.evidence import LEARNED, NAMES, PLAIN, Evidence, gather, logit_of
from artifix.registration.hypothesis import Hypothesis, Support
from artifix.registration.transform import Transform
from artifix.scene import Matches, Scene

SAME = Transform(np.eye(3))
GREY = np.full((SIDE_PX, SIDE_PX, 3), 100, np.uint8)
ONE = np.ones((CELLS, CELLS), np.float32)
MASK = np.zeros((300, 400), bool)
MASK[100:160, 150:230] = True  # 60 x 80 px around (190, 130): its diagonal is 100
SCENE = Scene(np.zeros((300, 400, 3), np.uint8), MASK, np.zeros((300, 400, 3), np.uint8))
NONE = Matches(np.empty((0, 2)), np.empty((0, 2)), np.empty(0), "attention", 4.0)


def content(picture=GREY, descriptors=ONE[..., None], mask=0 * ONE, shown=ONE) -> Content:
    return Content(Box(0, 0, SIDE_PX, SIDE_PX), picture, SIDE_PX, mask, shown, descriptors, None)


def told(
    content_: Content | None = None,
    seen: Seen | None = None,
    transform: Transform = SAME,
    pool=(),
    field: Matches = NONE,
    agreement: float = 0.5,
) -> Evidence:
    hypothesis = Hypothesis(transform, Support("sift", "affine", 9, 3.0), BandScore(agreement))
    seen = Seen(GREY, ONE, ONE[..., None]) if seen is None else seen
    return gather(hypothesis, content() if content_ is None else content_, seen, SCENE, pool, field)


def test_the_logit_is_the_weighted_sum_and_a_bias():
    numbers = np.arange(1, 9) / 8
    for weights in (LEARNED, PLAIN):
        wanted = sum(weights[name] * x for name, x in zip(NAMES, numbers, strict=True)) + weights["bias"]
        assert logit_of(Evidence(*numbers), weights) == pytest.approx(wanted)


@pytest.mark.parametrize(("agreement", "band"), [(0.7, 0.7), (-0.3, 0.0)])
def test_a_band_that_contradicts_says_nothing(agreement, band):
    assert told(agreement=agreement).band == band


ROWS, COLUMNS = np.mgrid[:CELLS, :CELLS]
UPPER, RIGHT = ROWS < 16, COLUMNS >= 16
IN_SIGHT = (((ROWS < 12) | (ROWS >= 20)) * ((COLUMNS < 12) | (COLUMNS >= 20))).astype(np.float32)


def checked(upper: int, lower: int) -> np.ndarray:
    """Pixels that lie in turn so much above and below 100."""
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX]
    deviation = np.where(y < SIDE_PX / 2, upper, lower) * (1 - 2 * ((x + y) % 2))
    return np.repeat((100 + deviation)[..., None], 3, 2).astype(np.uint8)


@pytest.mark.parametrize("mask", [1.0, 0.75])
def test_cells_count_by_the_structure_of_either_picture_and_by_what_is_not_common_to_all(mask):
    """Above the image has more structure, below the reference; above they are alike around the mask alone."""
    turns = np.where((COLUMNS + ROWS // 4) % 2, 0.3, -0.3)
    contrary = np.where(UPPER == RIGHT, -1, 1)
    one = np.dstack([ONE, turns]).astype(np.float32)
    other = np.dstack([ONE, 2 * turns * contrary]).astype(np.float32)
    frame = content(checked(40, 3), one, mask * RIGHT.astype(np.float32), IN_SIGHT)
    found = told(frame, Seen(checked(5, 20), ONE, other))
    above, below = (np.sqrt(d**2 - 1) / (np.sqrt(d**2 - 1) + 16) for d in (40, 20))
    around = (above - below) / (above + below)
    rest = 1 - mask  # of the mask's cells
    assert found.content == pytest.approx(-around, abs=2e-4)
    assert found.surroundings == pytest.approx(around * (1 - rest) / (1 + rest), abs=2e-4)


def test_cells_that_the_reference_does_not_show_do_not_count():
    turns = np.where(COLUMNS % 2, 1.0, -1.0)[..., None].astype(np.float32)
    valid = UPPER.astype(np.float32)
    seen = Seen(checked(40, 40), valid, np.where(ROWS[..., None] < 18, turns, -turns))
    assert told(content(checked(40, 40), turns), seen).surroundings == pytest.approx(1, abs=1e-3)


def test_what_all_cells_share_is_the_mean_by_their_weight():
    """Of the mask's rows 12 hold 1 and 8 hold 1/2, of the 12 around it all -1: the mean is 0.56, not 0.13."""
    inside = (ROWS < 20).astype(np.float32)
    half = (ROWS >= 4) & (ROWS < 12)
    values = np.where(half, 0.5, np.where(ROWS < 20, 1, -1)).astype(np.float32)
    below = np.where(half | (ROWS >= 20), -1, 1).astype(np.float32)
    frame = content(checked(40, 40), values[..., None], inside)
    found = told(frame, Seen(checked(40, 40), ONE, below[..., None]))
    assert (found.content, found.surroundings) == pytest.approx((1, 1), abs=1e-5)


def test_flat_pictures_say_nothing_of_what_they_show():
    turns = np.where(COLUMNS % 2, 1.0, -1.0)[..., None].astype(np.float32)
    found = told(content(GREY, turns, 0.5 * ONE), Seen(GREY, ONE, turns))
    assert (found.surroundings, found.content, found.strokes) == pytest.approx((0, 0, 0), abs=1e-6)


@pytest.fixture(scope="module")
def prints(label) -> tuple[np.ndarray, np.ndarray]:
    one, two = label(1, SIDE_PX, SIDE_PX), label(2, SIDE_PX, SIDE_PX)
    return one, cv2.addWeighted(one, 0.5, two, 0.5, 0)


@pytest.mark.parametrize("mask", [0.0, 0.5])
def test_strokes_are_the_correlation_of_soft_features_with_some_noise(prints, mask):
    frame = content(prints[0], mask=mask * ONE)
    a, b = (soft_features(resize(p, (96, 96))).reshape(-1, 7).astype(float) for p in prints)
    spread = [part.var(0).sum() for part in (a, b)]
    together = ((a - a.mean(0)) * (b - b.mean(0))).mean(0).sum()
    assert told(frame, Seen(prints[0], ONE, ONE[..., None])).strokes == pytest.approx(
        spread[0] / (spread[0] + 0.15), abs=1e-4
    )
    wanted = together / np.sqrt((spread[0] + 0.15) * (spread[1] + 0.15))
    assert told(frame, Seen(prints[1], ONE, ONE[..., None])).strokes == pytest.approx(wanted, abs=1e-4)


def test_strokes_count_by_mask_and_by_what_is_shown(prints):
    """Where a cell is not shown, or not at all in the mask, its features count less, as told per cell."""
    mask, valid = RIGHT.astype(np.float32), (ROWS >= 8).astype(np.float32)
    frame = content(prints[0], mask=mask, shown=(ROWS < 28).astype(np.float32))
    found = told(frame, Seen(prints[1], valid, ONE[..., None])).strokes
    cells = (0.35 + mask) * ((ROWS >= 8) & (ROWS < 28))
    weight = cv2.resize(cells, (96, 96)).ravel()
    a, b = (soft_features(resize(p, (96, 96))).reshape(-1, 7).astype(float) for p in prints)
    both = [np.cov(x, y, aweights=weight, bias=True) for x, y in zip(a.T, b.T, strict=True)]
    spread_a, spread_b, together = (sum(c[i, j] for c in both) for i, j in ((0, 0), (1, 1), (0, 1)))
    assert found == pytest.approx(together / np.sqrt((spread_a + 0.15) * (spread_b + 0.15)), abs=1e-4)


def away(points: list[tuple[float, float]], off: tuple[float, float], source: str = "sift") -> Matches:
    image = np.array([190.0, 130]) + np.array(points)
    return Matches(image, image + np.array(off), np.ones(len(image)), source, 4.0)


RING = [(149.0, 0), (-149, 0), (0, 149), (0, -149), (89, 119), (-89, -119), (151, 0), (0, 151), (91, 121)]


@pytest.mark.parametrize("off", [(0, 0), (5.9, 0), (0, -5.9)])
def test_matches_within_one_and_a_half_diagonals_count_and_may_err_so_much_of_their_tolerance(off):
    assert told(pool=[away(RING, off)]).classical == pytest.approx(np.log2(1 + 6))
    assert told(pool=[away(RING, off, "xfeat")]).learned == pytest.approx(np.log2(1 + 6))


def test_matches_that_err_more_do_not_count():
    assert told(pool=[away(RING, (6.1, 0))]).classical == 0
    assert told(pool=[away([(0, 0)], (0, 0))]).classical == 1


def test_of_each_kind_the_most_count_and_those_of_the_field_are_of_no_kind():
    sets = [away(RING[:n], (0, 0), source) for n, source in ((3, "sift"), (1, "sift"), (2, "xfeat"))]
    sets += [away(RING[:5], (0, 0), "efficientloftr"), away(RING[:6], (0, 0), "attention")]
    found = told(pool=sets)
    assert (found.classical, found.learned) == pytest.approx((np.log2(4), np.log2(6)))


def test_of_attention_the_share_that_is_explained_counts_by_its_trust():
    field = away(RING[:4], (0, 0), "attention")
    field.reference[:] += np.array([[5.9, 0], [6.1, 0], [0, 0], [0, 90]])
    trusted = replace(field, weights=np.array([0.1, 0.2, 0.3, 0.4]))
    assert told(field=trusted).attention == pytest.approx(0.4)
    assert told(field=replace(field, weights=np.zeros(4))).attention == 0


@pytest.mark.parametrize("torn", [False, True])
def test_the_stretch_is_that_of_the_matrix_at_the_masks_centre(torn):
    """Of x' = x / w, y' = y / w with w = 1 + p x at (190, 130), as derivatives tell."""
    p = 1e-3
    w = 1 + p * 190
    slopes = np.array([[1 / w**2, 0], [-p * 130 / w**2, 1 / w]])
    largest, least = np.linalg.svd(slopes, compute_uv=False)
    slanted = DisparityMap(Box(0, 0, 400, 300), (1.0, 0.0), np.tile(np.arange(400, dtype=np.int16), (300, 1)))
    transform = Transform(np.array([[1, 0, 0], [0, 1, 0], [p, 0, 1.0]]), slanted if torn else None)
    assert told(transform=transform).stretch == pytest.approx(np.log(largest / least) ** 2, rel=1e-4)


@pytest.mark.parametrize(("said", "share"), [(0.25, 0.25), (1.0, 1.0), (1.25, 1.0), (2.0, 1.0)])
def test_where_less_than_one_cell_has_a_say_it_says_so_much_less(said, share):
    """Of two cells that count half and more, both alike; their structure makes each count 0.71."""
    turns = np.where(COLUMNS % 2, 1.0, -1.0)[..., None].astype(np.float32)
    of_structure = np.sqrt(40**2 - 1) / (np.sqrt(40**2 - 1) + 16)
    mask = np.zeros((CELLS, CELLS), np.float32)
    mask[10, 12:14] = said / 2 / of_structure
    found = told(content(checked(40, 40), turns, mask), Seen(checked(40, 40), ONE, turns))
    assert found.content == pytest.approx(share, abs=2e-3)
    found = told(content(checked(40, 40), turns, shown=mask), Seen(checked(40, 40), ONE, turns))
    assert found.surroundings == pytest.approx(share, abs=2e-3)


def test_a_match_at_one_and_a_half_diagonals_is_too_far_away_and_an_error_at_the_limit_is_not():
    assert told(pool=[away([(150, 0), (0, -150), (-149.99, 0)], (0, 0))]).classical == 1
    assert told(pool=[away([(0, 0), (5, 5), (9, 1)], (6.0, 0))]).classical == 2


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("place", "alike"), [(8, 1), (9, 1 / 3), (10, -1 / 3), (11, -1)])
def test_a_cell_is_as_alike_as_it_and_the_eight_around_it_are(axis, place, alike):
    """Before the tenth row, or column, descriptors are the same, and from there on contrary."""
    turns = np.where((ROWS + COLUMNS) % 2, 1.0, -1.0)[..., None].astype(np.float32)
    other = turns * np.where((ROWS, COLUMNS)[axis] < 10, 1, -1)[..., None].astype(np.float32)
    mask = np.zeros((CELLS, CELLS), np.float32)
    mask[(place, 20) if axis == 0 else (20, place)] = 1
    found = told(content(checked(40, 40), turns, mask), Seen(checked(40, 40), ONE, other))
    share = np.sqrt(40**2 - 1) / (np.sqrt(40**2 - 1) + 16)
    assert found.content == pytest.approx(share * alike, abs=2e-3)
