"""The scores against hand-computed values, and against scikit-image."""

import cv2
import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from artifix.evaluation.bench.truth_scores import Change, Likeness, Location
from artifix.evaluation.scores.repaired import Repaired

EXACT = {"abs": 1e-6, "rel": 0}


def repaired(refined, truth, mask, found=None, region=None, image=None):
    reference = np.zeros((20, 30, 3), np.uint8)
    return Repaired("x", refined if image is None else image, mask, reference, refined, region, found, truth)


@pytest.fixture
def pair():
    random = np.random.default_rng(5)
    truth = random.integers(0, 256, (24, 36, 3)).astype(np.uint8)
    refined = np.clip(truth + random.normal(0, 12, truth.shape), 0, 255).astype(np.uint8)
    return refined, truth


def test_psnr_and_ssim_of_a_whole_picture_are_those_of_scikit_image(pair):
    told = Likeness().score(repaired(*pair, np.ones((24, 36), bool)))
    _, similarity = structural_similarity(*pair, channel_axis=2, full=True)
    assert told["psnr"] == pytest.approx(peak_signal_noise_ratio(pair[1], pair[0]), **EXACT)
    assert told["ssim"] == pytest.approx(similarity.mean(), **EXACT)


def test_ssim_in_a_mask_is_computed_by_its_formula(pair):
    refined, truth = (picture.astype(np.float64) for picture in pair)
    mask = np.zeros((24, 36), bool)
    mask[12, 20] = True
    values = []
    for channel in range(3):
        a, b = (picture[9:16, 17:24, channel].ravel() for picture in (refined, truth))  # 7 x 7 around it
        covariance = ((a - a.mean()) * (b - b.mean())).sum() / 48
        low, high = (0.01 * 255) ** 2, (0.03 * 255) ** 2
        top = (2 * a.mean() * b.mean() + low) * (2 * covariance + high)
        below = (a.mean() ** 2 + b.mean() ** 2 + low) * (a.var(ddof=1) + b.var(ddof=1) + high)
        values.append(top / below)
    told = Likeness().score(repaired(*pair, mask))
    assert told["ssim"] == pytest.approx(np.mean(values), **EXACT)


def test_psnr_in_a_mask_is_computed_by_hand():
    truth = np.full((24, 36, 3), 100, np.uint8)
    refined = truth.copy()
    refined[4, 4] = (103, 100, 100)
    mask = np.zeros((24, 36), bool)
    mask[4, 4:8] = True  # one error of 3 in 12 samples: a mean square of 0.75
    told = Likeness().score(repaired(refined, truth, mask))
    assert told["psnr"] == pytest.approx(10 * np.log10(255**2 / 0.75), **EXACT)


def test_colour_of_two_flat_pictures_is_their_distance_in_lab():
    mask = np.zeros((60, 60), bool)
    mask[20:40, 20:40] = True
    colours = np.array([[[200, 40, 90]], [[60, 160, 70]]], np.uint8)
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB).astype(np.float64)[:, 0]
    refined, truth = (np.full((60, 60, 3), colour, np.uint8) for colour in colours[:, 0])
    told = Likeness().score(repaired(refined, truth, mask))
    assert told["colour"] == pytest.approx(np.linalg.norm(lab[0] - lab[1]), abs=1e-4)
    # No window holds a stroke: the covariance is 0 and (0 + 4) / (0 + 4) = 1.
    assert told["structure"] == pytest.approx(1, abs=1e-4)


def boxed(top, left, height, width):
    marked = np.zeros((20, 30), bool)
    marked[top : top + height, left : left + width] = True
    return marked


def test_location_is_counted_by_hand(pair):
    found, true = boxed(2, 2, 6, 6) & ~boxed(3, 3, 4, 4), boxed(2, 4, 6, 6)
    one = repaired(*pair, np.ones((24, 36), bool), found, true)
    # 20 pixels in a frame and 36 in the true square; 2 x 4 + 4 of them common.
    assert Location().score(one) == pytest.approx({"iou": 12 / 44, "box": 24 / 48, "hit": 1.0}, **EXACT)


def test_who_looks_and_finds_nothing_scores_nothing_and_who_never_looks_has_no_score(pair):
    mask = np.ones((24, 36), bool)
    nothing = Location().score(repaired(*pair, mask, np.zeros((20, 30), bool), boxed(2, 4, 6, 6)))
    assert nothing == {"iou": 0, "box": 0, "hit": 0}
    assert np.isnan([*Location().score(repaired(*pair, mask, None, boxed(2, 4, 6, 6))).values()]).all()
    assert np.isnan([*Location().score(repaired(*pair, mask, boxed(2, 4, 6, 6))).values()]).all()


def test_without_a_truth_there_is_no_likeness(pair):
    told = Likeness().score(repaired(pair[0], None, np.ones((24, 36), bool)))
    assert [*told] == [column.name for column in Likeness.columns]
    assert np.isnan([*told.values()]).all()


def test_what_changed_outside_is_the_largest_change(pair):
    mask = np.zeros((24, 36), bool)
    mask[:10] = True
    refined = pair[1].copy()
    refined[:10] = 0
    assert Change().score(repaired(refined, None, mask, image=pair[1])) == {"outside": 0}
    refined[20, 20, 1] ^= 64
    assert Change().score(repaired(refined, None, mask, image=pair[1])) == {"outside": 64}
