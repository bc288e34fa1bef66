"""Masks that cover more than what is wrong."""

import cv2
import numpy as np
import pytest

from artifix.matching.pool import seen_through
from artifix.registration.generous_mask import verify_inside, wrong_part
from artifix.scene import Scene

SIZE, RIGHT, DOWN = (300, 320), 40, 24
CORNERS = np.array([[90.0, 80], [230, 80], [90, 220], [230, 220]])


def disc(radius: int) -> np.ndarray:
    return cv2.circle(np.zeros(SIZE, np.uint8), (160, 150), radius, 1, -1) > 0


@pytest.fixture(scope="module")
def badge() -> np.ndarray:
    """A dense print within a disc, on ground that shows nothing else."""
    random = np.random.default_rng(4)
    picture = np.full((380, 420, 3), (225, 215, 195), np.uint8)
    for _ in range(420):
        angle, away = random.uniform(0, 2 * np.pi), 112 * np.sqrt(random.uniform())
        at = round(160 + RIGHT + away * np.cos(angle)), round(150 + DOWN + away * np.sin(angle))
        side = random.integers(3, 12, 2)
        cv2.rectangle(picture, at, (at + side).tolist(), random.integers(0, 200, 3).tolist(), -1)
    return picture


@pytest.fixture(scope="module")
def spoiled(badge, melted):
    """Scenes whose mask is a disc of one radius, and of which another has melted."""

    def build(masked: int, wrong: int) -> Scene:
        part = badge[DOWN : DOWN + SIZE[0], RIGHT : RIGHT + SIZE[1]]
        return Scene(melted(part, disc(wrong)), disc(masked), badge)

    return build


def test_what_is_right_in_a_generous_mask_proves_the_transform(spoiled):
    scene = spoiled(masked=135, wrong=60)
    found = verify_inside(scene, seen_through(scene))
    assert found is not None
    assert found.transform.points(CORNERS) == pytest.approx(CORNERS + np.array([RIGHT, DOWN]), abs=1)


@pytest.mark.parametrize(("masked", "wrong"), [(135, 140), (60, 60)])
def test_a_mask_in_which_all_has_melted_proves_nothing(spoiled, masked, wrong):
    scene = spoiled(masked, wrong)
    assert verify_inside(scene, seen_through(scene)) is None


def test_the_wrong_part_keeps_away_from_what_is_right():
    right = np.argwhere(disc(135) & ~disc(90))[::40, ::-1].astype(float)
    wrong = wrong_part(disc(135), right)
    assert wrong[150, 160]
    assert not wrong[~disc(90)].any()
    assert (wrong & disc(60)).sum() > 0.95 * disc(60).sum()


def test_without_anything_right_all_of_the_mask_is_wrong():
    assert (wrong_part(disc(80), np.empty((0, 2))) == disc(80)).mean() > 0.999
