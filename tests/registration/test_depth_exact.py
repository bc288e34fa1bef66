"""Disparity maps of made-up planes and steps, whose displacements are known to the sixteenth of a pixel."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from artifix.geometry import Box
from artifix.registration import tuning
from artifix.registration.depth import disparity_of
from artifix.registration.disparity import DisparityMap
from artifix.registration.parallax import Parallax
from artifix.scene import Matches, Scene

SIZE = 200, 240
MASK = np.zeros(SIZE, bool)
MASK[90:102, 100:120] = True  # 20 x 12 px, so that 32 px lie around it on each side
TALL = np.zeros(SIZE, bool)
TALL[50:150, 110:130] = True
BOX = Box(68, 58, 152, 134)
NONE = Matches(np.empty((0, 2)), np.empty((0, 2)), np.empty(0), "sift", 2.0)
SAME = np.eye(3)


def shifted(right: float, down: float = 0.0) -> np.ndarray:
    return np.array([[1, 0, right], [0, 1, down], [0, 0, 1.0]])


def noise(seed: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    fine = np.random.default_rng(seed).integers(0, 256, (*size, 3)).astype(np.uint8)
    return cv2.GaussianBlur(fine, (0, 0), 1.0)


def seen_by(reference: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """The image whose points the matrix leads to the reference's."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(reference, matrix[:2], SIZE[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT)


def along(low: float, high: float, direction: tuple[float, float] = (1.0, 0.0), matrix=SAME) -> Parallax:
    return Parallax(matrix, np.array(direction), low, high, NONE)


def spoiled(image: np.ndarray, mask: np.ndarray = MASK) -> np.ndarray:
    return np.where(mask[..., None], np.uint8(90), image)


def found_in(
    matrix: np.ndarray, parallax: Parallax, surface: np.ndarray, mask: np.ndarray = MASK
) -> DisparityMap:
    reference = noise()
    found = disparity_of(Scene(spoiled(seen_by(reference, matrix), mask), mask, reference), parallax, surface)
    assert found is not None
    return found


@pytest.mark.parametrize("shift", [-6, 5])
def test_all_that_is_shifted_alike_has_one_disparity_behind_the_mask_too(shift):
    found = found_in(shifted(shift), along(shift - 1, shift + 1), shifted(shift))
    assert (found.box, found.direction) == (BOX, (1.0, 0.0))
    assert found.steps.shape == (76, 84)
    assert found.steps.dtype == np.int16
    assert found.steps == pytest.approx(np.full((76, 84), 16 * shift), abs=1)


@pytest.mark.parametrize(
    ("direction", "right", "down"), [((0.0, 1.0), 0, 5), ((0.6, 0.8), 6, 8), ((-0.8, 0.6), -8, 6)]
)
def test_a_disparity_is_measured_along_the_direction_that_depth_moves_points(direction, right, down):
    far = np.hypot(right, down)
    found = found_in(shifted(right, down), along(far - 1, far + 1, direction), SAME)
    assert found.direction == direction
    assert found.box == BOX
    assert found.steps == pytest.approx(np.full((76, 84), 16 * far), abs=3)


def test_a_disparity_is_what_is_left_beside_the_matrix():
    found = found_in(shifted(12, 7), along(3, 5, matrix=shifted(8, 7)), shifted(12, 7))
    assert found.steps == pytest.approx(np.full((76, 84), 64), abs=1)


@pytest.mark.parametrize("direction", [(0.6, 0.8), (-0.8, 0.6), (0.0, -1.0)])
def test_a_plane_slants_along_the_direction_and_across_it(direction):
    """The shift is 4 px in the middle; it grows by 0.06 px down and falls by 0.04 to the right."""
    growth, (right, down) = np.array([-0.04, 0.06]), direction
    plane = SAME + np.array([[*(right * growth), 0], [*(down * growth), 0], [0, 0, 0]])
    middle = np.array([109.5, 95.5])
    plane[:2, 2] = (4 - growth @ middle) * np.array(direction)
    found = found_in(plane, along(0, 8, direction), plane)
    y, x = np.mgrid[58:134, 68:152]
    wanted = 16 * (4 + growth[0] * (x - middle[0]) + growth[1] * (y - middle[1]))
    assert found.steps == pytest.approx(wanted, abs=16)
    assert np.abs(found.steps - wanted).mean() < 3


@pytest.mark.parametrize("slope", [0.08, -0.08])
def test_behind_the_mask_depth_slants_as_the_surface_does(slope):
    """In the mask's 40 columns nothing is seen: without the surface depth would be even there and step."""
    mask = np.zeros(SIZE, bool)
    mask[85:115, 100:140] = True
    plane = np.array([[1 + slope, 0, 4 - 120 * slope], [0, 1, 0], [0, 0, 1]])  # 4 px at column 120
    found = found_in(plane, along(4 - 60 * abs(slope), 4 + 60 * abs(slope)), plane, mask)
    assert found.box == Box(60, 45, 180, 155)
    wanted = 16 * (4 + slope * (np.arange(60, 180) - 120))
    assert found.steps[5:-5, 15:-15] == pytest.approx(np.tile(wanted[15:-15], (100, 1)), abs=9)
    assert np.abs(found.steps[45:65, 45:75] - wanted[45:75]).mean() < 5


def test_depth_goes_on_from_below_too_where_the_surface_slants_downwards():
    """The frame is higher than wide: its last rows differ from those before by more than the error."""
    mask = np.zeros(SIZE, bool)
    mask[76:116, 100:108] = True
    plane = np.array([[1, 0.1, 4 - 9.6], [0, 1, 0], [0, 0, 1]])
    found = found_in(plane, along(-2, 10), plane, mask)
    assert found.box == Box(60, 36, 148, 156)
    wanted = 16 * (4 + 0.1 * (np.arange(36, 156) - 96))
    assert np.abs(found.steps - wanted[:, None])[5:-5, 5:-5].max() < 12


def test_the_frame_reaches_as_far_as_the_mask_is_long_and_is_shrunk_to_256_px():
    found = found_in(shifted(8), along(7, 9), shifted(8), TALL)
    assert found.box == Box(10, -50, 230, 250)
    assert found.steps.shape == (256, round(220 * 256 / 300))
    assert found.steps[50:200, 20:-20] == pytest.approx(np.full((150, 148), 128), abs=4)


def test_beside_the_border_of_the_image_the_frame_reaches_beyond_it():
    corner = np.zeros(SIZE, bool)
    corner[:12, :20] = True
    found = found_in(shifted(5), along(4, 6), shifted(5), corner)
    assert found.box == Box(-32, -32, 52, 44)
    assert found.steps == pytest.approx(np.full((76, 84), 80), abs=1)


@pytest.mark.parametrize(("high", "is_tried"), [(33, True), (35, False)])
def test_a_sweep_of_half_the_frames_longer_side_is_tried_and_no_wider_one(high, is_tried):
    """Four px are added at either end: 84 / 2 is 33 + 1 + 8."""
    reference = noise()
    scene = Scene(spoiled(seen_by(reference, shifted(5))), MASK, reference)
    assert (disparity_of(scene, along(-1, high), shifted(5)) is not None) == is_tried


def told_to_match(monkeypatch, parallax: Parallax, mask: np.ndarray = MASK) -> list[dict]:
    told, create = [], cv2.StereoSGBM.create
    monkeypatch.setattr(cv2.StereoSGBM, "create", lambda **given: told.append(given) or create(**given))
    found_in(shifted(5), parallax, shifted(5), mask)
    return told


def test_the_matcher_sweeps_what_matches_say_and_four_px_more_forth_and_back(monkeypatch):
    told = told_to_match(monkeypatch, along(3, 6))
    assert [(t["minDisparity"], t["numDisparities"]) for t in told] == [(-1, 16), (-10, 16)]
    told = told_to_match(monkeypatch, along(-1, 6))  # 16 steps
    assert [(t["minDisparity"], t["numDisparities"]) for t in told] == [(-5, 16), (-10, 16)]
    told = told_to_match(monkeypatch, along(-1, 7))
    assert [(t["minDisparity"], t["numDisparities"]) for t in told] == [(-5, 32), (-11, 32)]
    told = told_to_match(monkeypatch, along(-2, 7))  # 18 steps; they are counted in sixteens
    assert [(t["minDisparity"], t["numDisparities"]) for t in told] == [(-6, 32), (-11, 32)]


def test_in_a_frame_that_is_shrunk_the_sweep_is_too(monkeypatch):
    told = told_to_match(monkeypatch, along(-12, 30), TALL)  # by 256 / 300, to -10.2 and 25.6
    assert [t["minDisparity"] for t in told] == [-14, -30]
    assert [t["numDisparities"] for t in told] == [48, 48]


def test_the_matcher_is_told_what_opencv_advises_for_three_channels(monkeypatch):
    for told in told_to_match(monkeypatch, along(3, 6)):
        assert told["blockSize"] == 9
        assert (told["P1"], told["P2"]) == (8 * 3 * 9**2, 32 * 3 * 9**2)
        assert (told["disp12MaxDiff"], told["uniquenessRatio"]) == (1, 5)
        assert (told["speckleWindowSize"], told["speckleRange"]) == (50, 2)
        assert (told["preFilterCap"], told["mode"]) == (31, cv2.STEREO_SGBM_MODE_HH)


@pytest.mark.parametrize(("least", "is_found"), [(0.7, True), (0.95, False)])
def test_enough_of_the_frame_must_be_known(monkeypatch, least, is_found):
    """The mask and what it bleeds into take 24 x 16 of 84 x 76 px, what borders on the frame some more."""
    monkeypatch.setattr(tuning, "REGISTRATION", replace(tuning.REGISTRATION, depth_least_known=least))
    reference = noise()
    scene = Scene(spoiled(seen_by(reference, shifted(5))), MASK, reference)
    assert (disparity_of(scene, along(4, 6), shifted(5)) is not None) == is_found


RED, BLUE = np.array([120, -20, -60]), np.array([-60, -20, 120])


def tinted(seed: int, colour: np.ndarray) -> np.ndarray:
    """Horizontally and vertically textured, of clearly one colour."""
    return np.clip(noise(seed).astype(int) // 2 + 64 + colour // 2, 0, 255).astype(np.uint8)


def two_sheets(
    left: int, right: int, edge: int = 110, is_blue_in_front: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """(image, reference): the reference shows red up to an edge, blue beyond; the image has each shifted."""
    red, blue = tinted(1, RED), tinted(2, BLUE)
    reference = np.where(np.arange(SIZE[1])[:, None] < edge, red, blue)
    image_red, image_blue = np.roll(red, -left, 1), np.roll(blue, -right, 1)
    ends = edge - (right if is_blue_in_front else left)
    return np.where(np.arange(SIZE[1])[:, None] < ends, image_red, image_blue), reference


@pytest.mark.parametrize(("left", "right"), [(2, 8), (-8, -2), (-3, 3)])
@pytest.mark.parametrize("is_blue_in_front", [False, True])
def test_where_sheets_meet_the_one_that_the_image_shows_in_front_is_in_front(left, right, is_blue_in_front):
    """Blue is displaced farther to the left of the image, so that some points of both lie there."""
    image, reference = two_sheets(left, right, is_blue_in_front=is_blue_in_front)
    scene = Scene(spoiled(image), MASK, reference)
    found = disparity_of(scene, along(left, right), SAME)
    assert found is not None
    edge = 110 - (right if is_blue_in_front else left) - BOX.left  # in the image, from the box's left side
    assert found.steps[8:-8, 8 : edge - 4] == pytest.approx(np.full((60, edge - 12), 16 * left), abs=2)
    assert found.steps[8:-8, edge + 3 : -8] == pytest.approx(np.full((60, 73 - edge), 16 * right), abs=2)


@pytest.mark.parametrize(("left", "right"), [(8, 2), (2, -6)])
def test_where_sheets_part_each_reaches_to_the_middle_of_the_gap(left, right):
    image, reference = two_sheets(left, right)
    scene = Scene(spoiled(image), MASK, reference)
    found = disparity_of(scene, along(right, left), SAME)
    assert found is not None
    ends, begins = 110 - left - BOX.left, 110 - right - BOX.left
    assert found.steps[4:-4, 8 : ends - 3] == pytest.approx(np.full((68, ends - 11), 16 * left), abs=2)
    assert found.steps[4:-4, begins + 3 : -8] == pytest.approx(
        np.full((68, 84 - begins - 11), 16 * right), abs=2
    )


def test_what_an_artifact_shows_does_not_tell_which_sheet_is_in_front():
    """It shows blue where red ones are in front, over two thirds of the strip where both sheets meet."""
    image, reference = two_sheets(2, 10)
    hidden = MASK.copy()
    hidden[58:115, 96:114] = True
    blue = np.roll(tinted(2, BLUE), -10, 1)
    scene = Scene(np.where(hidden[..., None], blue, image), MASK, reference, masked=hidden)
    found = disparity_of(scene, along(2, 10), SAME)
    assert found is not None
    edge = 108 - BOX.left
    assert found.steps[62:-4, 8 : edge - 3] == pytest.approx(np.full((10, edge - 11), 32), abs=2)
    assert found.steps[34:40, edge - 8 : edge - 3] == pytest.approx(np.full((6, 5), 32), abs=2)
