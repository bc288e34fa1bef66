"""References that show the part as a mirror does."""

import numpy as np
import pytest
import torch

from artifix.alignment.calibration import Calibration
from artifix.alignment.choice import refusal_to_repair
from artifix.alignment.mirror import flipped, mirrored, mirrored_by, unmirrored
from artifix.alignment.stage import align
from artifix.config import AlignmentConfig
from artifix.geometry import Box, box_of
from artifix.matching.pool import pool_of
from artifix.registration.context_band import BandScore
from artifix.registration.evidence import NAMES, Evidence
from artifix.registration.hypothesis import Hypothesis, Support
from artifix.registration.search import RankedHypothesis
from artifix.registration.spline import SplineWarp
from artifix.registration.transform import Transform
from artifix.scene import Scene

DEFAULT = AlignmentConfig()
CPU = torch.device("cpu")
SIZE, WIDE = (200, 220), 280
RIGHT, DOWN = 37, 21  # the image is the straight reference from here on
MASK = np.zeros(SIZE, bool)
MASK[80:120, 90:140] = True
SHIFT = np.array([[1, 0, RIGHT], [0, 1, DOWN], [0, 0, 1.0]])


@pytest.fixture(scope="module")
def straight(scene) -> np.ndarray:
    return scene(260, WIDE)


@pytest.fixture(scope="module")
def image(straight) -> np.ndarray:
    """A part of the reference with the mask's pixels turned over."""
    part = straight[DOWN : DOWN + SIZE[0], RIGHT : RIGHT + SIZE[1]]
    return np.where(MASK[..., None], part[::-1, ::-1], part)


@pytest.fixture(scope="module")
def located(tiny_network, image):
    def run(reference, config=DEFAULT, **by_hand):
        calibration = Calibration("up_blocks.1.attentions.0", 0)
        return align(tiny_network, Scene(image, MASK, reference, **by_hand), config, calibration, 3)

    return run


@pytest.fixture(scope="module")
def turned(located, straight):
    """What is found in the mirrored reference."""
    return located(straight[:, ::-1].copy())


def seems(image, reference, matchers=DEFAULT.matchers, best=None, device=CPU) -> bool:
    scene = Scene(image, MASK, reference)
    return bool(mirrored_by(scene, best, pool_of(scene, matchers, (), device).matches, matchers, device))


def test_a_mirrored_reference_is_recognised(turned):
    assert turned.mirrored
    assert turned.placed == "exact"
    assert turned.confidence > 0.9


def test_what_is_found_is_in_pixels_of_the_reference_as_it_is(turned, straight):
    left, right = WIDE - (140 + RIGHT), WIDE - (90 + RIGHT)
    box = left, 80 + DOWN, right, 120 + DOWN
    assert box_of(turned.region).as_tuple() == pytest.approx(box, abs=1)
    assert turned.region.shape == turned.correspondence.shape == straight.shape[:2]
    corners = np.array([[90.0, 80], [139, 80], [90, 119], [139, 119]])
    wanted = np.column_stack([WIDE - 1 - (corners[:, 0] + RIGHT), corners[:, 1] + DOWN])
    assert turned.transform.points(corners) == pytest.approx(wanted, abs=0.3)
    for hypothesis in turned.hypotheses[:1]:
        assert hypothesis.transform.points(corners) == pytest.approx(wanted, abs=0.3)
    (sift,) = [matches for matches in turned.matches if matches.source == "sift"]
    assert turned.transform.explains(sift).mean() > 0.8


def test_warping_gives_the_part_as_the_image_shows_it(turned, straight):
    box = Box(60, 60, 180, 150)
    pixels, valid = turned.transform.warp_reference(straight[:, ::-1].copy(), box, (90, 120))
    wanted = straight[DOWN + 60 : DOWN + 150, RIGHT + 60 : RIGHT + 180]
    assert valid.all()
    assert np.abs(pixels - wanted).mean() < 3


def test_it_is_refused_unless_that_is_allowed(turned):
    refusal = refusal_to_repair([turned], DEFAULT)
    assert "shows the masked part mirrored" in refusal.problem
    assert "allow_mirror=True" in refusal.hint
    assert refusal_to_repair([turned], AlignmentConfig(allow_mirror=True)) is None
    assert refusal_to_repair([turned], AlignmentConfig(force=True)) is None


def test_the_map_is_mirrored_with_the_region(turned, located, straight):
    assert np.array_equal(turned.correspondence, located(straight).correspondence[:, ::-1])


def test_a_reference_that_is_not_mirrored_is_not_touched(located, straight):
    found = located(straight)
    assert not found.mirrored
    assert refusal_to_repair([found], DEFAULT) is None
    assert found.transform.points(np.array([[100.0, 90]])) == pytest.approx(
        np.array([[100 + RIGHT, 90 + DOWN]]), abs=0.3
    )


def test_another_reference_is_not_taken_for_a_mirrored_one(located, scene):
    assert not located(scene(260, WIDE, 50)).mirrored


def test_points_given_by_hand_are_never_mirrored(located, straight):
    corners = np.array([[60.0, 60], [160, 60], [60, 150], [160, 150]])
    points = np.hstack([corners, corners + np.array([RIGHT, DOWN])])
    assert not located(straight[:, ::-1].copy(), points=points).mirrored


def test_without_a_transform_nothing_is_said_of_mirrors(located, straight):
    assert not located(straight[:, ::-1].copy(), AlignmentConfig(transform=False)).mirrored


def test_it_is_recognised_without_xfeat(located, straight, lacking):
    found = located(straight[:, ::-1].copy())
    assert found.mirrored
    assert found.confidence > 0.9
    assert not located(straight).mirrored


@pytest.mark.parametrize("matchers", [("sift",), ("xfeat",)])
def test_a_matcher_that_may_be_asked_tells(image, straight, matchers):
    if matchers == ("xfeat",):
        pytest.importorskip("kornia")
    assert seems(image, straight[:, ::-1].copy(), matchers)
    assert not seems(image, straight, matchers)


def test_attention_alone_does_not_tell(image, straight):
    assert not seems(image, straight[:, ::-1].copy(), ("attention",))


@pytest.mark.parametrize(
    ("told", "is_mirrored"),
    [({"classical": 6.0}, False), ({"learned": 8.0}, True), ({"learned": 5.5}, True)],
)
def test_what_many_exact_matches_support_is_not_mirrored(image, straight, told, is_mirrored):
    """Then no other matches are sought; learned ones agree by the hundred on a dial that is mirrored."""
    evidence = Evidence(**(dict.fromkeys(NAMES, 0.0) | told))
    best = RankedHypothesis(
        Hypothesis(Transform(SHIFT), Support("sift", "similarity", 60, 3.0), BandScore(0.9)), evidence, 5.0
    )
    assert seems(image, straight[:, ::-1].copy(), best=best) == is_mirrored


def test_many_learned_matches_settle_it_for_learned_ones(image, straight):
    pytest.importorskip("kornia")
    best = RankedHypothesis(
        Hypothesis(Transform(SHIFT), Support("xfeat", "similarity", 60, 3.0), BandScore(0.9)),
        Evidence(**(dict.fromkeys(NAMES, 0.0) | {"learned": 8.0})),
        5.0,
    )
    assert not seems(image, straight[:, ::-1].copy(), ("xfeat",), best)


def test_pictures_of_one_colour_are_not_mirrored():
    flat = np.full((*SIZE, 3), 99, np.uint8)
    assert not seems(flat, flat, ("sift",))


def test_what_is_given_by_hand_is_mirrored_with_the_reference(image, straight):
    within = np.zeros(straight.shape[:2], bool)
    within[100:150, 20:60] = True
    scene = Scene(image, MASK, straight, within=within)
    once = mirrored(scene)
    assert np.array_equal(once.reference, straight[:, ::-1])
    assert box_of(once.within).as_tuple() == (WIDE - 60, 100, WIDE - 20, 150)
    assert once.image is scene.image
    twice = mirrored(once)
    assert np.array_equal(twice.reference, straight)
    assert np.array_equal(twice.within, within)
    assert mirrored(Scene(image, MASK, straight)).within is None


def test_a_warp_is_kept_where_a_transform_is_mirrored_back():
    warp = SplineWarp((0.0, 0, 200, 200), np.full((8, 8, 2), 3.0))
    there = Hypothesis(Transform(SHIFT, warp), Support("sift", "similarity", 9, 3.0), BandScore(0.5))
    back = unmirrored(there, WIDE)
    points = np.array([[10.0, 20], [100, 150]])
    mapped = there.transform.points(points)
    assert back.transform.points(points) == pytest.approx(
        np.column_stack([WIDE - 1 - mapped[:, 0], mapped[:, 1]])
    )
    assert unmirrored(back, WIDE).transform.points(points) == pytest.approx(mapped)


def test_planes_are_flipped_from_left_to_right():
    plane = np.arange(6).reshape(2, 3)
    assert flipped(plane).tolist() == [[2, 1, 0], [5, 4, 3]]
