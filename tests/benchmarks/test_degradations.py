import cv2
import numpy as np
import pytest
from degradations import DEGRADATIONS, Subject

POINTWISE = ("hue", "brightness", "blur", "noise", "style")


@pytest.fixture
def subject(scene):
    part = np.zeros((120, 150), bool)
    part[50:70, 40:75] = True
    return Subject((scene(120, 150, 0), scene(120, 150, 1)), part, np.full((60, 60, 3), 250, np.uint8))


def changed(subject, name, strength):
    return DEGRADATIONS[name](subject, strength, np.random.default_rng(5))


def distance(subject, other):
    return np.abs(subject.pictures[0].astype(int) - other.pictures[0]).mean()


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_strength_0_changes_next_to_nothing(subject, name):
    still = changed(subject, name, 0.0)
    assert distance(subject, still) < 0.5
    assert (still.part == subject.part).all()


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_more_strength_changes_more(subject, name):
    steps = [distance(subject, changed(subject, name, strength)) for strength in (0.2, 0.6, 1.0)]
    assert 0 < steps[0] < steps[1] < steps[2]


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_the_pictures_are_changed_alike(scene, subject, name):
    twins = Subject((subject.pictures[0], subject.pictures[0].copy()), subject.part, subject.backdrop)
    first, second = changed(twins, name, 0.8).pictures
    assert first.dtype == np.uint8
    assert (first == second).all()


@pytest.mark.parametrize("name", POINTWISE)
def test_what_keeps_the_shape_keeps_the_part(subject, name):
    assert (changed(subject, name, 1.0).part == subject.part).all()


def test_half_a_turn_of_hue_is_the_opposite_colour():
    red = np.full((20, 20, 3), (200, 0, 0), np.uint8)
    subject = Subject((red,), np.eye(20) > 0, red)
    assert changed(subject, "hue", 1.0).pictures[0][0, 0].tolist() == [0, 200, 200]


def test_a_warp_takes_the_part_along(subject):
    painted = np.where(subject.part[..., None], np.uint8(255), np.uint8(0)).repeat(3, 2)
    warped = changed(Subject((painted,), subject.part, subject.backdrop), "warp", 1.0)
    assert (warped.part != subject.part).sum() > 30
    assert ((warped.pictures[0][..., 0] > 127) == warped.part).mean() > 0.995


def test_a_warp_folds_nothing():
    y, x = np.mgrid[:120, :150].astype(np.uint8)
    ramp = np.stack([x, y, x], -1)
    for seed in range(3):
        subject = Subject((ramp,), np.eye(120, 150) > 0, ramp)
        warped = DEGRADATIONS["warp"](subject, 1.0, np.random.default_rng(seed)).pictures[0].astype(int)
        assert np.diff(warped[8:-8, 8:-8, 0], axis=1).min() >= 0
        assert np.diff(warped[8:-8, 8:-8, 1], axis=0).min() >= 0


def test_a_new_background_comes_from_the_border_and_spares_the_part(subject):
    grown = cv2.dilate(subject.part.astype(np.uint8), np.ones((3, 3))) > 0
    for strength in (0.2, 0.6, 1.0):
        picture = changed(subject, "background", strength).pictures[0]
        assert (picture[grown] == subject.pictures[0][grown]).all()
        assert (picture[[0, -1]] == 250).all()
    assert ((picture == 250).all(-1)).mean() > 0.7


def test_blur_takes_detail_away(subject):
    def detail(s):
        return cv2.Laplacian(s.pictures[0], cv2.CV_64F).std()

    assert detail(changed(subject, "blur", 1.0)) < 0.3 * detail(subject)
