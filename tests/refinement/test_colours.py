"""Colours fitted to a ring, and where both pictures show the same thing."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from artifix.refinement import tuning
from artifix.refinement.colours import fit_colours
from artifix.refinement.exact_light import match_light_exactly
from artifix.refinement.local_correlation import local_correlation

RNG = np.random.default_rng(0)


def label(height: int = 100, width: int = 120) -> np.ndarray:
    """Teal with cream lettering."""
    picture = np.full((height, width, 3), (65, 120, 125), np.uint8)
    for number in range(9):
        cv2.putText(picture, "PORT", (number % 3 * 40, 12 + number // 3 * 33), 0, 0.6, (225, 224, 215), 2)
    return picture.astype(np.float32)


def hole() -> np.ndarray:
    mask = np.zeros((100, 120), bool)
    mask[35:65, 40:80] = True
    return mask


def test_strokes_that_vary_together_correlate_and_another_ground_does_not():
    both = label()
    other = both * 0.7 + 20
    ground = np.s_[:, 80:]
    both[ground] = 150 + RNG.normal(0, 12, both[ground].shape).astype(np.float32)
    other[ground] = np.array([230, 150, 60]) + RNG.normal(0, 12, both[ground].shape)
    found = local_correlation(both, other.astype(np.float32), np.ones((100, 120), bool))
    assert found[:, 10:60].mean() > 0.8
    assert found[:, 95:].mean() < 0.25


def test_plain_places_have_the_correlation_of_the_texture_beside_them_or_one_of_their_own():
    plain = np.full((100, 120, 3), 90, np.float32)
    nothing = local_correlation(plain, plain, np.ones((100, 120), bool))
    assert np.ptp(nothing) == pytest.approx(0, abs=1e-5)
    assert 0.4 < nothing.mean() < 0.8


def test_lettering_keeps_its_colour_where_another_ground_lies_behind_the_object():
    reference = label()
    truth = reference * np.float32([0.95, 0.92, 0.9])
    moved = np.float32([[1, 0, 0.6], [0, 1, 0.4]])
    image = cv2.warpAffine(truth, moved, (120, 100), borderMode=cv2.BORDER_REPLICATE)
    image += RNG.normal(0, 4, truth.shape).astype(np.float32)
    reference[:, 80:] = 170 + RNG.normal(0, 6, reference[:, 80:].shape)  # grey marble
    image[:, 80:] = np.array([235, 150, 50]) + RNG.normal(0, 12, image[:, 80:].shape)  # an orange
    image = np.where(hole()[..., None], 90, image).astype(np.float32)
    fitted = match_light_exactly(reference, np.ones((100, 120), bool), image, hole())
    cream = hole() & (label().min(2) > 200)
    cream[:, 78:] = False
    error = (fitted - truth)[cream].mean(0)
    assert np.ptp(error) < 25  # or else it is dyed


def test_shading_that_one_picture_has_alone_tells_of_no_gain():
    shade = np.linspace(0.4, 0.9, 400)
    source = np.repeat(np.full(400, 240.0), 3).reshape(-1, 3) + RNG.normal(0, 3, (400, 3))
    target = source * shade[:, None]
    matrix, offset = fit_colours(*(part.astype(np.float32) for part in (source, target, np.ones(400))), False)
    black = np.array([40, 30, 25]) @ matrix + offset
    assert (black > 10).all()
    assert (black < 45).all()


def test_spread_that_both_pictures_have_tells_of_contrast():
    source = RNG.uniform(20, 220, (400, 1)) + np.zeros((1, 3))
    target = 0.4 * source + 100  # haze
    fitted = fit_colours(*(part.astype(np.float32) for part in (source, target, np.ones(400))), False)
    assert np.abs(source @ fitted[0] + fitted[1] - target).max() < 5


def test_glare_at_the_masks_edge_is_bounded_by_what_is_usual_around():
    rows, columns = np.mgrid[:100, :120]
    glare = 120 * np.exp(-((columns - 36) ** 2 + (rows - 50) ** 2) / 200)
    truth = label() * 0.8 + glare[..., None]
    image = (truth + RNG.normal(0, 6, truth.shape)).clip(0, 255)
    image = np.where(hole()[..., None], 0, image).astype(np.float32)
    fitted = match_light_exactly(label(), np.ones((100, 120), bool), image, hole())
    assert np.abs(fitted - truth)[hole()].mean() < 13


def test_a_crop_beyond_the_working_size_gets_the_light_of_a_smaller_one(monkeypatch):
    reference, mask = label(400, 480), np.kron(hole(), np.ones((4, 4), bool))
    gradient = np.linspace(0, 40, 480, dtype=np.float32)[None, :, None]
    truth = reference * 0.7 + gradient
    image = np.where(mask[..., None], 0, truth).astype(np.float32)
    everywhere = np.ones(mask.shape, bool)
    whole = match_light_exactly(reference, everywhere, image, mask)
    monkeypatch.setattr(tuning, "REFINEMENT", replace(tuning.REFINEMENT, light_side_px=160))
    small = match_light_exactly(reference, everywhere, image, mask)
    assert np.abs(whole - truth)[mask].mean() < 4
    assert np.abs(small - truth)[mask].mean() < 5
