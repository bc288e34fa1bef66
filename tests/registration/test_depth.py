"""Scenes of two depths: what no smooth transform maps."""

import cv2
import numpy as np
import pytest

from artifix.geometry import Box, box_of
from artifix.matching.sift import match_features
from artifix.registration.depth import disparity_of
from artifix.registration.disparity import DisparityMap
from artifix.registration.parallax import Parallax, find_parallax
from artifix.registration.transform import Transform
from artifix.registration.verification import find_hypothesis
from artifix.scene import Scene

NEAR_PX, FAR_PX = 16, 4  # how much farther to the right the reference shows what is near, and what is far
EDGE = 120  # column of the reference where the near part ends
SIZE = 200, 240


def texture(seed: int, ground: tuple[int, int, int]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    picture = np.full((*SIZE, 3), ground, np.uint8)
    for _ in range(500):
        x, y, w, h = rng.integers(0, 230), rng.integers(0, 190), rng.integers(4, 14), rng.integers(4, 14)
        picture[y : y + h, x : x + w] = np.clip(np.array(ground) + rng.integers(-60, 60), 0, 255)
    return cv2.GaussianBlur(picture, (0, 0), 0.8)


def seen(shift: bool) -> np.ndarray:
    """The reference, or the image: red things on the left before blue ones."""
    near, far = texture(0, (180, 70, 60)), texture(1, (60, 90, 190))
    moved = (NEAR_PX, FAR_PX) if shift else (0, 0)
    near, far = (np.roll(part, -px, 1) for part, px in zip((near, far), moved, strict=True))
    return np.where(np.arange(SIZE[1])[:, None] < EDGE - moved[0], near, far)


def mask() -> np.ndarray:
    hidden = np.zeros(SIZE, bool)
    hidden[80:124, 82:130] = True  # the near part ends at column 104 of the image
    return hidden


def region() -> np.ndarray:
    truth = np.zeros(SIZE, bool)
    truth[80:124, 82 + NEAR_PX : EDGE] = True
    truth[80:124, EDGE - NEAR_PX + FAR_PX : 130 + FAR_PX] = True
    return truth


def garbled(image: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    return np.where(hidden[..., None], cv2.GaussianBlur(image[::-1, ::-1], (0, 0), 4), image)


def located(scene: Scene) -> Transform:
    found = find_hypothesis(scene, [match_features(scene.image, scene.hidden, scene.reference)])
    assert found is not None
    return found.transform


def parallax_of(scene: Scene) -> Parallax:
    matches = match_features(scene.image, scene.hidden, scene.reference)
    parallax = find_parallax(matches, box_of(scene.mask))
    assert parallax is not None
    return parallax


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def two_depths(upright: bool = True) -> Scene:
    scene = Scene(garbled(seen(True), mask()), mask(), seen(False))
    if upright:
        return scene
    image, reference = (np.ascontiguousarray(p.transpose(1, 0, 2)) for p in (scene.image, scene.reference))
    return Scene(image, np.ascontiguousarray(scene.mask.T), reference)


@pytest.mark.parametrize("upright", [True, False])
def test_a_part_that_spans_two_depths_is_located_in_both(upright):
    scene = two_depths(upright)
    found = located(scene)
    truth = region()
    truth[80:124, EDGE - NEAR_PX + FAR_PX : EDGE] = True  # the near part hides the far one there
    assert isinstance(found.displacement, DisparityMap)
    assert (
        overlap(found.region(scene.mask, SIZE if upright else SIZE[::-1]), truth if upright else truth.T)
        > 0.9
    )


def test_both_depths_are_painted_from_where_they_lie():
    scene, box = two_depths(), Box(82, 80, 130, 124)
    painted, shown = located(scene).warp_reference(scene.reference, box, (box.height, box.width))
    error = np.abs(painted - seen(True)[box.slices()]).mean((0, 2))
    assert shown.all()
    near, far = error[:18], error[-10:]  # what lies between, the reference does not show
    assert max(near.mean(), far.mean()) < 8  # that of the other depth is 40 and more


def test_a_flat_scene_gets_no_disparity():
    image = np.roll(texture(0, (180, 70, 60)), -FAR_PX, 1)
    scene = Scene(garbled(image, mask()), mask(), texture(0, (180, 70, 60)))
    assert not isinstance(located(scene).displacement, DisparityMap)


@pytest.mark.parametrize("upright", [True, False])
def test_the_direction_that_depth_moves_points_along_is_found(upright):
    parallax = parallax_of(two_depths(upright))
    assert abs(parallax.direction[0 if upright else 1]) > 0.999
    assert NEAR_PX - FAR_PX - 1.5 < parallax.high - parallax.low < NEAR_PX - FAR_PX + 1.5


def test_few_matches_tell_of_no_parallax():
    scene = two_depths()
    matches = match_features(scene.image, scene.hidden, scene.reference).take(np.arange(8))
    assert find_parallax(matches, box_of(scene.mask)) is None


def test_a_sweep_as_wide_as_the_picture_is_not_tried():
    scene = two_depths()
    right = parallax_of(scene)
    wide = Parallax(right.matrix, right.direction, -200.0, 200.0, right.matches)
    assert disparity_of(scene, wide, right.matrix) is None


def test_a_reference_without_likeness_gives_no_disparity():
    scene, parallax = two_depths(), parallax_of(two_depths())
    other = np.random.default_rng(0).integers(0, 255, scene.reference.shape).astype(np.uint8)
    assert disparity_of(Scene(scene.image, scene.mask, other), parallax, parallax.matrix) is None


def test_a_disparity_map_jumps_between_pixels_and_goes_on_beyond_its_box():
    disparity = DisparityMap(Box(0, 0, 2, 1), (0.0, 1.0), np.array([[16, 160]], np.int16))
    moved = disparity.points(np.array([[0.4, 0.0], [0.6, 0.0], [9.0, 9.0]]))
    assert np.allclose(moved, [[0.4, 1.0], [0.6, 10.0], [9.0, 19.0]])
