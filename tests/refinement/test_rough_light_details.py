"""What the light of a reference that lies roughly in place listens to, and what it does not."""

import numpy as np
import pytest

from artifix.refinement import tuning
from artifix.refinement.membrane import membrane
from artifix.refinement.rough_light import match_light_roughly

SIZE = 140, 150
EVERYWHERE = np.ones(SIZE, bool)
ALIKE = np.ones(SIZE, np.float32)
UNKNOWN = np.zeros(SIZE, np.float32)
MASK = np.zeros(SIZE, bool)
MASK[50:90, 55:95] = True  # 40 px wide: colours are compared up to 20 px from it
ROWS, COLUMNS = np.mgrid[: SIZE[0], : SIZE[1]]
away_px = np.hypot(  # distance of each pixel from the mask
    np.maximum(np.maximum(50 - ROWS, ROWS - 89), 0), np.maximum(np.maximum(55 - COLUMNS, COLUMNS - 94), 0)
)


def textured() -> np.ndarray:
    """Patches of strong colours, nowhere plain, (h, w, 3) float32."""
    fields = np.random.default_rng(1).uniform(40, 200, (28, 30, 3))
    return np.kron(fields, np.ones((5, 5, 1))).astype(np.float32)


def plain(grey: float = 180) -> np.ndarray:
    return np.full((*SIZE, 3), grey, np.float32)


def lit(image: np.ndarray, agreement=ALIKE, warped=None, valid=EVERYWHERE, mask=MASK) -> np.ndarray:
    """The textured picture, or another, in the light of the image."""
    warped = textured() if warped is None else warped
    return match_light_roughly(warped, valid, image.astype(np.float32), mask, agreement)


def error_inside(found: np.ndarray, truth: np.ndarray) -> float:
    return float(np.abs(found - truth)[MASK].mean())


@pytest.mark.parametrize(
    "hidden", [MASK & (COLUMNS < 75), ~MASK & (COLUMNS < 75)], ids=["in the mask", "around it"]
)
def test_what_the_reference_does_not_show_has_no_say(hidden):
    image = textured() * 0.7
    shown = []
    for filler in (0, 255):
        warped = np.where(hidden[..., None], filler, textured()).astype(np.float32)
        shown.append(lit(image, warped=warped, valid=~hidden))
    seen = MASK & ~hidden
    np.testing.assert_allclose(shown[0][seen], shown[1][seen], atol=2)


@pytest.mark.parametrize(
    "where",
    [away_px > 32, (away_px > 0) & (away_px <= tuning.REFINEMENT.rough_bleed_px - 0.5)],
    ids=["far away", "at the edge, where the artifact bleeds"],
)
def test_what_lies_too_far_or_too_near_has_no_say(where):
    image = textured() * 0.7
    other = np.where(where[..., None], 255 - image, image)
    np.testing.assert_allclose(lit(other)[MASK], lit(image)[MASK], atol=1)


def test_what_the_reference_does_not_show_inside_the_mask_is_not_mixed_into_what_it_shows():
    hidden = MASK & (COLUMNS // 4 % 2 == 0)
    image, inside = textured() * 0.7, MASK.astype(np.float32)
    warped = [np.where(hidden[..., None], filler, textured()).astype(np.float32) for filler in (0, 255)]
    black, white = (lit(image, inside, warped=picture, valid=~hidden) for picture in warped)
    np.testing.assert_allclose(black[MASK & ~hidden], white[MASK & ~hidden], atol=3)


def test_near_pixels_of_the_ring_count_more_than_far_ones():
    changed = [
        textured() * np.where((away_px > low) & (away_px <= low + 5), 0.6, 1)[..., None] for low in (4, 14)
    ]
    near, far = (float(np.abs(lit(image) - textured())[MASK].mean()) for image in changed)
    assert near > 2 * far


def test_the_artifact_itself_tells_the_light_where_nothing_around_it_agrees():
    image = textured() * 0.6
    found = lit(np.where(MASK[..., None], image, 255 - textured()), MASK.astype(np.float32))
    assert error_inside(found, image) < error_inside(textured(), image) / 4


def test_the_surroundings_outvote_the_artifact():
    image = np.where(MASK[..., None], textured() * 0.5, textured() * 0.9)
    found = lit(image)
    assert error_inside(found, textured() * 0.9) < error_inside(found, textured() * 0.5)


def test_what_agrees_is_compared_though_nothing_is_plain_and_what_is_plain_though_nothing_agrees():
    for picture, agreement in ((textured(), ALIKE), (plain(), UNKNOWN)):
        found = lit(picture * 0.7, agreement, warped=picture)
        assert error_inside(found, picture * 0.7) < 8


def test_what_neither_agrees_nor_is_plain_is_not_compared():
    checks = np.where(((ROWS // 3 + COLUMNS // 3) % 2)[..., None], plain(30), plain(210))
    np.testing.assert_array_equal(lit(checks * 0.7, UNKNOWN, warped=checks), checks)


def test_another_colour_is_not_taken_for_light_unless_all_around_has_that_tint():
    tint = np.float32([1.2, 1.0, 0.5])
    near = (away_px <= 28)[..., None]
    found = lit(np.where(near, plain() * tint, plain()), UNKNOWN, warped=plain())
    assert error_inside(found, plain() * tint) < 12
    left = (COLUMNS < 45)[..., None]
    spotted = lit(np.where(left, plain() * tint, plain()), UNKNOWN, warped=plain())
    assert error_inside(spotted, plain()) < 5


@pytest.mark.parametrize("across", [ROWS, COLUMNS], ids=["down", "across"])
def test_a_shadow_on_plain_ground_is_followed_though_nothing_is_known_to_agree(across):
    shade = np.clip(1.35 - (across - 40) / 65, 0.45, 1.35)[..., None].astype(np.float32)
    found = lit(plain() * shade, UNKNOWN, warped=plain())
    assert error_inside(found, plain() * shade) < 10


def test_a_spot_of_plain_ground_does_not_light_the_whole_print():
    spot = (ROWS >= 60) & (ROWS < 80) & (COLUMNS >= 88) & (COLUMNS < 127)
    warped = np.where(spot[..., None], 180, textured()).astype(np.float32)
    image = np.where(spot[..., None], 90, warped)
    found = lit(image, np.where(spot, 0, 1).astype(np.float32), warped=warped)
    assert np.abs(found - warped)[MASK & ~spot].mean() < 8


@pytest.mark.parametrize("side_px", [10, 16, 40])
def test_a_step_that_no_colours_explain_is_taken_up_at_the_masks_edge_whatever_its_size(side_px):
    mask = np.zeros(SIZE, bool)
    mask[60 : 60 + side_px, 60 : 60 + side_px] = True
    middle = 60 + side_px / 2
    image = textured() + np.where(COLUMNS - middle < 0, 25, -25)[..., None]
    change = (lit(image, mask=mask) - textured()).mean(2)
    quarter = side_px // 4
    left = change[60 : 60 + side_px, 60 : 60 + quarter].mean()
    right = change[60 : 60 + side_px, 60 + side_px - quarter : 60 + side_px].mean()
    assert left > 8
    assert right < -8


def test_the_seam_fades_towards_the_middle_and_is_bounded():
    image = textured() + np.where(COLUMNS < 75, 25, -25)[..., None]
    change = np.abs(lit(image) - textured()).mean(2)
    assert change[60:80, 56:60].mean() > 2 * change[60:80, 72:78].mean()
    steep = plain(120) + np.where(COLUMNS < 75, 120, -110)[..., None]
    agreement = np.where(away_px > 4, 1, 0).astype(np.float32)
    seam = np.abs(lit(steep, agreement) - textured())[MASK].mean()
    assert seam < 100


def test_highlights_that_outshine_the_scale_are_white():
    warped = plain(170)
    warped[60:80, 65:85] = 250
    found = lit(plain(250), ALIKE, warped=warped)
    assert found.max() == 255


def test_the_least_number_of_pixels_is_enough_and_one_fewer_is_not():
    least = tuning.REFINEMENT.rough_least_pixels
    strip = np.argwhere((ROWS >= 40) & (ROWS < 44) & (COLUMNS >= 60) & (COLUMNS < 90))
    for count, is_enough in ((least, True), (least - 1, False)):
        valid = np.zeros(SIZE, bool)
        valid[tuple(strip[:count].T)] = True
        found = lit(textured() * 0.6, valid=valid)
        assert (np.abs(found - textured())[MASK].mean() > 3) == is_enough


def test_a_heavier_value_wins_over_a_lighter_one():
    left = (COLUMNS < 75)[..., None]
    values = np.where(left, 100, 0).astype(np.float32) + np.zeros((1, 1, 3), np.float32)
    means = [
        membrane(values, np.where(left[..., 0], weight, 1 - weight).astype(np.float32), 500).mean()
        for weight in (0.9, 0.5, 0.1)
    ]
    assert means == pytest.approx([90, 50, 10], abs=6)


def test_a_stiffer_membrane_bends_less_and_a_turned_one_is_turned():
    values = np.where((COLUMNS < 75)[..., None], [80, 40, 0], [0, 0, 60]).astype(np.float32)
    soft, stiff = (membrane(values, ALIKE, stiffness) for stiffness in (0.01, 5000))
    assert (np.ptp(stiff, (0, 1)) < np.ptp(soft, (0, 1)) * 0.8).all()
    np.testing.assert_allclose(soft[:, :60], values[:, :60], atol=3)
    turned = membrane(values.swapaxes(0, 1), ALIKE.T, 5000)
    np.testing.assert_allclose(turned.swapaxes(0, 1), stiff, atol=0.1)


@pytest.mark.parametrize("shape", [(3, 200), (200, 3), (1, 1)])
def test_a_membrane_over_a_sliver_has_its_shape_and_value(shape):
    found = membrane(np.full((*shape, 3), 7, np.float32), np.ones(shape, np.float32), 0.3)
    np.testing.assert_allclose(found, np.full((*shape, 3), 7), atol=0.01)
