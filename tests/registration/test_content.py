"""Registration on what the crop shows, artifact included."""

import cv2
import numpy as np
import pytest

from artifix.geometry import Box, transform_points
from artifix.matching.descriptors import CELLS, SIDE_PX, describe_plainly
from artifix.registration.content import (
    agreement,
    content_of,
    likeness,
    likeness_of,
    weights_of,
)
from artifix.registration.flow import centres, register, warp_along
from artifix.registration.transform import Transform
from artifix.registration.tuning import REGISTRATION
from artifix.scene import Scene

SIZE = 300, 320
CORNERS = np.array([[110.0, 100], [219, 100], [110, 199], [219, 199]])  # of the mask


def mask_at(left: int = 110, top: int = 100, right: int = 220, bottom: int = 200) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[top:bottom, left:right] = True
    return mask


def similarity(scale: float = 1.0, degrees: float = 0.0, right: float = 0.0, down: float = 0.0) -> np.ndarray:
    """About the mask's centre."""
    matrix = np.vstack([cv2.getRotationMatrix2D((164.5, 149.5), degrees, scale), [0, 0, 1]])
    matrix[:2, 2] += right, down
    return matrix


def transform_of(matrix: np.ndarray) -> Transform:
    return Transform(matrix)


SAME = transform_of(np.eye(3))


def error_in_frame(transform: Transform, truth: np.ndarray, side_px: float) -> float:
    """Largest error at the mask's corners, over the side of the frame."""
    wanted = transform_points(truth, CORNERS)
    scale = np.sqrt(np.linalg.det(truth[:2, :2]))
    return float(np.abs(transform.points(CORNERS) - wanted).max() / scale / side_px)


@pytest.mark.parametrize(
    "off",
    [
        similarity(right=14, down=-10),
        similarity(1.2, right=12),
        similarity(0.82, down=8),
        similarity(degrees=15),
        similarity(1.1, -12, 12, 8),
    ],
    ids=["shifted", "larger", "smaller", "turned", "all at once"],
)
def test_a_similarity_is_recovered_with_the_mask_melted(describe, label, melted, off):
    print_, mask = label(), mask_at()
    content = content_of(Scene(melted(print_, mask), mask, print_), describe)
    ((alike, found),) = register(content, print_, [transform_of(off)])
    before = error_in_frame(transform_of(off), np.eye(3), content.box.width)
    assert error_in_frame(found, np.eye(3), content.box.width) < 0.015 < before / 2
    assert alike > 0.7


def test_a_reference_of_another_size_and_turn_is_followed(describe, label, melted):
    """The reference is 1.4 times as large, turned by 25 degrees."""
    image, mask, truth = label(2), mask_at(), similarity(1.4, 25, 60, 70)
    reference = cv2.warpPerspective(image, truth, (460, 440), borderValue=(225, 215, 195))
    content = content_of(Scene(melted(image, mask), mask, reference), describe)
    start = truth @ similarity(1.1, 8, 8, -8)
    ((_, found),) = register(content, reference, [transform_of(start)])
    assert error_in_frame(found, truth, content.box.width) < 0.02


def test_several_starts_are_followed_each_for_itself_and_the_best_of_a_path_is_kept(describe, label, melted):
    print_, mask = label(), mask_at()
    content = content_of(Scene(melted(print_, mask), mask, print_), describe)
    starts = [SAME, transform_of(similarity(right=12)), transform_of(similarity(right=400))]
    found = register(content, print_, starts)
    before = likeness_of(content, print_, starts)
    assert len(found) == 3
    assert all(after >= b - 1e-6 for (after, _), b in zip(found, before, strict=True))
    assert found[0][0] > 0.7
    assert found[2][0] < found[0][0]  # nothing is shown there
    assert register(content, print_, []) == []


def test_the_frame_of_a_mask_at_the_border_reaches_beyond_the_image(describe, label, melted):
    print_, mask = label(3), mask_at(0, 60, 90, 240)
    content = content_of(Scene(melted(print_, mask), mask, print_), describe)
    assert content.box.top < 0
    assert content.box.width == content.box.height
    assert content.shown[0].max() == 0
    assert content.shown[CELLS // 2].min() == 1
    assert 0 <= content.mask.min() < content.mask.max() == 1
    ((_, found),) = register(content, print_, [transform_of(similarity(1.1, 6, 10, 6))])
    points = np.array([[0.0, 60], [89, 60], [0, 239], [89, 239]])
    assert np.abs(found.points(points) - points).max() < 0.03 * content.box.width


def test_what_neither_shows_does_not_count(describe, label):
    print_, mask = label(), mask_at(0, 60, 90, 240)
    content = content_of(Scene(print_, mask, print_), describe)
    (seen,) = content.view([transform_of(similarity(right=250))], print_)
    weight = weights_of(content, seen)
    assert weight.shape == (CELLS, CELLS)
    assert (weight[content.shown == 0] == 0).all()
    assert (weight[seen.valid == 0] == 0).all()
    assert weight.max() > 0


@pytest.mark.parametrize("size", [(1, 2), (3, 3), (12, 14), (16, 40)])
def test_tiny_images_are_described_and_registered(describe, label, size):
    small = label()[100 : 100 + size[0], 100 : 100 + size[1]].copy()
    mask = np.zeros(size, bool)
    mask[0, 0] = True
    content = content_of(Scene(small, mask, small), describe)
    assert content.picture.shape == (SIDE_PX, SIDE_PX, 3)
    ((alike, found),) = register(content, small, [SAME])
    assert abs(alike) <= 1 + 1e-6
    assert np.isfinite(found.matrix).all()
    warp_along(content, small, SAME)


def test_pictures_of_one_colour_leave_the_start(describe):
    flat, mask = np.full((*SIZE, 3), 90, np.uint8), mask_at()
    content = content_of(Scene(flat, mask, flat), describe)
    ((_, found),) = register(content, flat, [SAME])
    assert error_in_frame(found, np.eye(3), content.box.width) < 0.02
    assert warp_along(content, flat, SAME) is SAME


def test_centres_are_those_of_cells_row_by_row():
    points = centres()
    assert points.shape == (CELLS**2, 2)
    assert points[0] == pytest.approx([3.5, 3.5])
    assert points[1] == pytest.approx([11.5, 3.5])
    assert points[CELLS] == pytest.approx([3.5, 11.5])


def waved(picture: np.ndarray, depth_px: float) -> np.ndarray:
    """The picture as cloth shows it: displaced smoothly."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    right = depth_px * np.sin(2 * np.pi * y / 260)
    down = depth_px * np.cos(2 * np.pi * x / 280)
    return cv2.remap(
        picture, (x + right).astype(np.float32), (y + down).astype(np.float32), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip


def test_a_warp_follows_a_scene_that_is_warped_smoothly(describe, scene, melted):
    flat, mask = scene(*SIZE), mask_at()
    content = content_of(Scene(melted(waved(flat, 9), mask), mask, flat), describe)
    found = warp_along(content, flat, SAME)
    assert found.displacement is not None
    rows, columns = np.mgrid[70:230:8, 80:250:8]
    points = np.column_stack([columns.ravel(), rows.ravel()]).astype(float)
    truth = points + 9 * np.column_stack(
        [np.sin(2 * np.pi * points[:, 1] / 260), np.cos(2 * np.pi * points[:, 0] / 280)]
    )
    errors = [np.linalg.norm(t.points(points) - truth, axis=1).mean() for t in (SAME, found)]
    assert errors[1] < 0.5 * errors[0]


def test_a_flat_scene_is_left_alone(describe, scene, melted):
    flat, mask = scene(*SIZE), mask_at()
    content = content_of(Scene(melted(flat, mask), mask, flat), describe)
    assert warp_along(content, flat, SAME) is SAME


def test_agreement_is_high_where_the_same_is_shown_and_low_elsewhere(describe, scene):
    """Right of the middle the reference shows something else."""
    image, mask = scene(*SIZE), mask_at()
    reference = np.where(np.arange(SIZE[1])[:, None] < 165, image, scene(*SIZE, 5)).astype(np.uint8)
    box = Box(60, 50, 270, 250)
    found = agreement(Scene(image, mask, reference), SAME, describe, box, (100, 105))
    assert found.shape == (100, 105)
    assert found.dtype == np.float32
    assert REGISTRATION.content_least_agreement <= found.min() <= found.max() <= 1
    same, other = found[:, :40], found[:, 65:]
    assert same.mean() > 0.95
    # XFeat finds any two cells of such pictures half alike.
    assert other.mean() < (0.5 if describe is describe_plainly else 0.92)
    assert other.min() < 0.6


def test_likeness_and_agreement_of_a_box_beyond_the_image_are_finite(describe, scene):
    image, mask = scene(*SIZE), mask_at(0, 0, 60, 60)
    content = content_of(Scene(image, mask, image), describe)
    (seen,) = content.view([SAME], image)
    assert np.abs(likeness(content, seen)).max() <= 1 + 1e-4
    found = agreement(Scene(image, mask, image), SAME, describe, Box(-40, -40, 400, 360), (50, 55))
    assert np.isfinite(found).all()
    assert found.mean() > 0.8
