"""The sweep of depths beside a mask, by a parallax that is known beforehand."""

import cv2
import numpy as np
import pytest

from artifix.geometry import Box
from artifix.registration.depth import disparity_of
from artifix.registration.disparity import STEPS, DisparityMap
from artifix.registration.parallax import Parallax
from artifix.scene import Matches, Scene

SIZE = 110, 150
NEAR_PX, FAR_PX = 14, 4
EDGE = 78  # column of the reference where the near part ends
NONE = Matches(np.empty((0, 2)), np.empty((0, 2)), np.empty(0), "sift", 3.0)


def texture(seed: int, ground: tuple[int, int, int], size: tuple[int, int] = SIZE) -> np.ndarray:
    rng = np.random.default_rng(seed)
    picture = np.full((*size, 3), ground, np.uint8)
    for _ in range(size[0] * size[1] // 60):
        x, y, (w, h) = rng.integers(0, size[1]), rng.integers(0, size[0]), rng.integers(4, 14, 2)
        picture[y : y + h, x : x + w] = np.clip(np.array(ground) + rng.integers(-60, 60), 0, 255)
    return cv2.GaussianBlur(picture, (0, 0), 0.8)


def seen(near_px: int, far_px: int) -> np.ndarray:
    """Red things on the left before blue ones, so much farther to the left than in the reference."""
    near, far = (
        np.roll(texture(0, (180, 70, 60)), -near_px, 1),
        np.roll(texture(1, (60, 90, 190)), -far_px, 1),
    )
    return np.where(np.arange(SIZE[1])[:, None] < EDGE - near_px, near, far)


def parallax(low: float, high: float, direction: tuple[float, float] = (1.0, 0.0)) -> Parallax:
    return Parallax(np.eye(3), np.array(direction), low, high, NONE)


def mask_of(box: Box, size: tuple[int, int] = SIZE) -> np.ndarray:
    mask = np.zeros(size, bool)
    mask[box.slices()] = True
    return mask


def swept(scene: Scene, found: Parallax) -> DisparityMap:
    disparity = disparity_of(scene, found, np.eye(3))
    assert disparity is not None
    return disparity


def along_px(disparity: DisparityMap, box: Box) -> np.ndarray:
    y, x = np.mgrid[box.top : box.bottom, box.left : box.right]
    points = np.column_stack([x.ravel(), y.ravel()]).astype(float)
    return ((disparity.points(points) - points) @ np.array(disparity.direction)).reshape(y.shape)


def test_what_an_artifact_shows_is_not_asked_for_its_depth():
    reference, hidden = texture(1, (60, 90, 190)), Box(60, 40, 90, 66)
    image, lie = np.roll(reference, -FAR_PX, 1), np.roll(reference, -NEAR_PX, 1)
    mask = mask_of(hidden)
    scene = Scene(np.where(mask[..., None], lie, image), mask, reference)
    found = along_px(swept(scene, parallax(FAR_PX, NEAR_PX)), hidden)
    assert np.abs(found - FAR_PX).max() < 2.5  # NEAR_PX is 10 away


def test_another_artifact_beside_it_is_not_asked_either():
    reference, hidden, other = texture(1, (60, 90, 190)), Box(66, 40, 90, 66), Box(44, 36, 66, 70)
    image, lie = np.roll(reference, -FAR_PX, 1), np.roll(reference, -NEAR_PX, 1)
    mask, masked = mask_of(hidden), mask_of(hidden) | mask_of(other)
    scene = Scene(np.where(masked[..., None], lie, image), mask, reference, masked=masked)
    found = along_px(swept(scene, parallax(FAR_PX, NEAR_PX)), other)
    assert found == pytest.approx(np.full(found.shape, FAR_PX), abs=0.6)


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_both_depths_are_told_whichever_way_the_nearer_moves(is_mirrored):
    hidden = Box(54, 42, 82, 66)
    image, reference, mask = seen(NEAR_PX, FAR_PX), seen(0, 0), mask_of(hidden)
    image = np.where(mask[..., None], cv2.GaussianBlur(image[::-1, ::-1], (0, 0), 4), image)
    low, high, box = FAR_PX, NEAR_PX, hidden
    if is_mirrored:
        image, reference = (np.ascontiguousarray(p[:, ::-1]) for p in (image, reference))
        mask = np.ascontiguousarray(mask[:, ::-1])
        low, high, box = -NEAR_PX, -FAR_PX, Box(SIZE[1] - 82, 42, SIZE[1] - 54, 66)
    found = along_px(swept(Scene(image, mask, reference), parallax(low, high)), box)
    found = -found[:, ::-1] if is_mirrored else found
    assert np.median(found[:, :8]) == pytest.approx(NEAR_PX, abs=0.6)  # the near part ends 10 columns in
    assert np.median(found[:, -12:]) == pytest.approx(FAR_PX, abs=0.6)
    assert ((np.abs(found - NEAR_PX) < 1.5) | (np.abs(found - FAR_PX) < 1.5)).mean() > 0.95


@pytest.mark.parametrize("degrees", [30, 90, 180])
def test_depth_may_move_points_along_any_direction(degrees):
    direction = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    reference, hidden = texture(1, (60, 90, 190)), Box(60, 40, 90, 66)
    matrix = np.eye(3)[:2]
    matrix[:, 2] = -6 * direction
    image = cv2.warpAffine(reference, matrix, SIZE[::-1], borderMode=cv2.BORDER_REFLECT)
    found = swept(Scene(image, mask_of(hidden), reference), parallax(0, 8, tuple(direction)))
    assert found.direction == pytest.approx(tuple(direction))
    assert np.median(along_px(found, hidden)) == pytest.approx(6, abs=0.5)


def test_a_small_part_is_swept_pixel_by_pixel_with_a_margin_of_its_surroundings():
    reference, hidden = texture(1, (60, 90, 190)), Box(60, 40, 80, 56)
    image = np.roll(reference, -FAR_PX, 1)
    found = swept(Scene(image, mask_of(hidden), reference), parallax(FAR_PX, FAR_PX))
    assert found.box == Box(60 - 32, 40 - 32, 80 + 32, 56 + 32)
    assert found.steps.shape == (found.box.height, found.box.width)
    assert found.steps[40, 40] == pytest.approx(FAR_PX * STEPS, abs=STEPS / 2)


def test_a_large_part_is_swept_in_a_smaller_picture_and_told_in_pixels_of_the_image():
    size = 200, 320
    reference, hidden = texture(1, (60, 90, 190), size), Box(100, 50, 250, 150)
    image = np.roll(reference, -12, 1)
    found = swept(Scene(image, mask_of(hidden, size), reference), parallax(12, 12))
    assert max(found.steps.shape) == 256 < found.box.width
    assert np.median(along_px(found, hidden)) == pytest.approx(12, abs=0.8)


def test_a_part_at_the_border_is_swept_too():
    reference, hidden = texture(1, (60, 90, 190)), Box(0, 0, 24, 20)
    image = np.roll(reference, -FAR_PX, 1)
    found = swept(Scene(image, mask_of(hidden), reference), parallax(FAR_PX, FAR_PX))
    assert np.median(along_px(found, hidden)) == pytest.approx(FAR_PX, abs=0.6)


@pytest.mark.parametrize("direction", [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)])
def test_one_depth_is_told_to_an_eighth_of_a_pixel_nearly_all_over_the_frame(direction):
    reference, hidden = texture(1, (60, 90, 190), (150, 150)), Box(60, 62, 90, 86)
    by = np.array(direction).astype(int) * FAR_PX
    image = np.roll(reference, -by[::-1], (0, 1))
    mask = mask_of(hidden, (150, 150))
    image[mask] = 255 - image[mask]
    found = swept(Scene(image, mask, reference), parallax(2, 7, direction))
    assert found.box == Box(28, 30, 122, 118)
    assert found.steps.shape == (88, 94)
    off = np.abs(found.steps - FAR_PX * STEPS)
    assert (off <= STEPS / 8).mean() > 0.93
    assert off.max() < 2 * STEPS


@pytest.mark.parametrize("upright", [True, False])
def test_a_surface_that_slants_goes_on_slanting_behind_the_artifact(upright):
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    deep = 4 + 0.05 * (x - 75) + 0.04 * (y - 53)
    reference, hidden = texture(1, (60, 90, 190)), Box(56, 36, 94, 70)
    image = cv2.remap(reference, x + deep, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    mask = mask_of(hidden)
    surface = np.array([[1.05, 0.04, 4 - 0.05 * 75 - 0.04 * 53], [0, 1, 0], [0, 0, 1]])
    image, direction, box = np.where(mask[..., None], 255 - image, image), (1.0, 0.0), hidden
    if not upright:
        image, reference = (np.ascontiguousarray(p.transpose(1, 0, 2)) for p in (image, reference))
        mask, direction = np.ascontiguousarray(mask.T), (0.0, 1.0)
        surface = surface[[1, 0, 2]][:, [1, 0, 2]]
        box, deep = Box(36, 56, 70, 94), deep.T
    found = disparity_of(Scene(image, mask, reference), parallax(0, 9, direction), surface)
    assert along_px(found, box) == pytest.approx(deep[box.slices()], abs=1)
    assert np.abs(along_px(found, box) - deep[box.slices()]).mean() < 0.3


def test_disparity_is_told_beside_the_parallaxs_own_matrix():
    """The reference is half as large again and turned: depth moves points along a direction of the image."""
    view = np.array([[1.4, -0.3, 60.0], [0.3, 1.4, 20], [0, 0, 1]])
    direction = np.array([0.6, 0.8])
    picture, hidden = texture(1, (60, 90, 190), (150, 170)), Box(70, 60, 96, 84)
    big = cv2.warpAffine(picture, view[:2], (320, 320), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    back = np.eye(3)[:2]
    back[:, 2] = -5 * direction  # the image shows at x what lies at x + 5 of the picture
    image = cv2.warpAffine(picture, back, (170, 150), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    mask = mask_of(hidden, (150, 170))
    found = disparity_of(
        Scene(np.where(mask[..., None], 0, image), mask, big), Parallax(view, direction, 2, 8, NONE), view
    )
    assert found.direction == tuple(direction)
    assert along_px(found, hidden) == pytest.approx(np.full((24, 26), 5.0), abs=0.3)


@pytest.mark.parametrize(("high", "is_swept"), [(38.4, True), (38.6, False)])
def test_half_of_the_frames_longer_side_is_swept_at_most(high, is_swept):
    """84 x 80 px; from 4 less than the matches say to 4 more, in whole pixels."""
    reference, hidden = texture(1, (60, 90, 190)), Box(60, 40, 80, 56)
    scene = Scene(np.roll(reference, -FAR_PX, 1), mask_of(hidden), reference)
    assert (disparity_of(scene, parallax(3.6, high), np.eye(3)) is not None) == is_swept


def stepped(near_px: int, far_px: int) -> np.ndarray:
    """As `seen`, but the near part reaches farther to the right above."""
    near, far = (
        np.roll(texture(0, (180, 70, 60)), -near_px, 1),
        np.roll(texture(1, (60, 90, 190)), -far_px, 1),
    )
    return np.where(is_near(near_px)[..., None], near, far)


def is_near(near_px: int) -> np.ndarray:
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    return columns < np.where(rows < 50, EDGE + 4, EDGE - 8) - near_px


@pytest.mark.parametrize("turned", [0, 1, 2, 3])
def test_behind_the_artifact_depth_jumps_where_the_colours_of_the_reference_do(turned):
    """However the picture is turned, and so the direction in which depth moves points."""
    hidden = Box(50, 36, 86, 64)
    image, mask = stepped(NEAR_PX, FAR_PX), mask_of(hidden)
    image = np.where(mask[..., None], cv2.GaussianBlur(image[::-1, ::-1], (0, 0), 4), image)
    pictures = [np.ascontiguousarray(np.rot90(p, turned)) for p in (image, stepped(0, 0), mask)]
    direction = [(1.0, 0.0), (0.0, -1.0), (-1.0, 0.0), (0.0, 1.0)][turned]
    scene = Scene(pictures[0], pictures[2], pictures[1])
    found = swept(scene, parallax(FAR_PX, NEAR_PX, direction))
    height, width = pictures[2].shape
    told = np.rot90(along_px(found, Box(0, 0, width, height)), -turned)[hidden.slices()]
    near, far = is_near(NEAR_PX)[hidden.slices()], ~is_near(FAR_PX)[hidden.slices()]
    assert (np.abs(told - NEAR_PX) < 1.2)[near].mean() > 0.97  # what lies between, the reference hides
    assert (np.abs(told - FAR_PX) < 1.2)[far].mean() > 0.97
