import cv2
import numpy as np
import pytest

from artifix.geometry import Box
from artifix.refinement.grain import ShownReference, add_grain, band_around
from artifix.refinement.tuning import REFINEMENT

BOX = Box(60, 50, 180, 170)
INSIDE = np.s_[80:140, 90:150]  # of the image: what is marked


def smooth(seed: int = 0) -> np.ndarray:
    """(220, 240, 3) float32 of soft colours between 60 and 190."""
    rough = np.random.default_rng(seed).uniform(60, 190, (6, 6, 3)).astype(np.float32)
    return np.clip(cv2.resize(rough, (240, 220), interpolation=cv2.INTER_CUBIC), 50, 200)


def noise(sigma: float, blur_px: float = 0, channels: int = 3, seed: int = 1) -> np.ndarray:
    drawn = np.random.default_rng(seed).standard_normal((220, 240, channels))
    if blur_px:
        drawn = cv2.GaussianBlur(drawn, (0, 0), blur_px).reshape(drawn.shape)
    return np.repeat(sigma * drawn / drawn.std(), 3 // channels, axis=2)


def eight_bit(picture: np.ndarray) -> np.ndarray:
    return np.clip(picture, 0, 255).round().astype(np.uint8)


def grained(
    image: np.ndarray, patch: np.ndarray, is_exact: bool = True, seed: int = 0
) -> tuple[np.ndarray, float]:
    """What is added to the part of `patch` in the box [grey levels], and the sigma told."""
    marked = np.zeros(image.shape[:2], bool)
    marked[INSIDE] = True
    given = (patch[BOX.slices()] / 255).astype(np.float32)
    around = band_around(BOX, *image.shape[:2])
    reference = patch[around.slices()].astype(np.float32)
    shown = ShownReference(around, reference, np.ones(reference.shape[:2], bool), is_exact)
    result, sigma = add_grain(given, BOX, image, marked, np.random.default_rng(seed), lambda: shown)
    if sigma == 0:
        assert result is given
    part = np.s_[INSIDE[0].start - BOX.top :, INSIDE[1].start - BOX.left :]
    return 255 * (result - given)[part][:60, :60], sigma


@pytest.mark.parametrize(("sigma", "blur_px"), [(5, 0), (12, 0), (8, 0.8), (12, 1.1)])
def test_a_clean_patch_takes_up_the_noise_around_it(sigma, blur_px):
    clean = smooth()
    added, told = grained(eight_bit(clean + noise(sigma, blur_px)), clean)
    assert added.std() == pytest.approx(sigma, rel=0.25)
    assert told == pytest.approx(sigma, rel=0.25)


def test_correlated_noise_is_correlated_alike():
    clean, wanted = smooth(), noise(10, 0.9)
    added, _ = grained(eight_bit(clean + wanted), clean)

    def neighbours(drawn: np.ndarray) -> float:
        return float(np.corrcoef(drawn[:, 1:].ravel(), drawn[:, :-1].ravel())[0, 1])

    assert neighbours(added) == pytest.approx(neighbours(wanted), abs=0.1)


def test_grey_noise_stays_grey_and_coloured_noise_coloured():
    clean = smooth()
    for channels in (1, 3):
        added, _ = grained(eight_bit(clean + noise(9, channels=channels)), clean)
        alike = np.corrcoef(added[..., 0].ravel(), added[..., 2].ravel())[0, 1]
        assert alike > 0.95 if channels == 1 else abs(alike) < 0.2


def test_what_the_patch_has_is_not_added_again():
    clean = smooth()
    image = eight_bit(clean + noise(10))
    added, _ = grained(image, eight_bit(clean + noise(6, seed=2)))
    assert added.std() == pytest.approx(8, rel=0.25)
    assert grained(image, eight_bit(clean + noise(12, seed=2)))[1] < 4


def test_a_clean_image_leaves_the_patch_as_it_is():
    clean = smooth()
    for sigma in (0, 0.5, 1):
        assert grained(eight_bit(clean + noise(sigma)), clean)[1] == 0


def test_texture_beside_clean_ground_is_not_taken_for_noise():
    """Fur around the mask, and an even wall behind it."""
    fur = cv2.GaussianBlur(noise(1, seed=5), (0, 0), sigmaX=0.7, sigmaY=3)
    image = smooth()
    image[40:180, 50:190] += (25 * fur / fur.std())[40:180, 50:190]
    assert grained(eight_bit(image + noise(0.6)), smooth(), is_exact=False)[1] == 0


def test_texture_is_not_taken_for_noise_where_light_of_another_kind_shows_the_ground():
    """A wall whose dark joints are even."""
    image = smooth() + noise(12, 1.0, channels=1, seed=5)
    for start in range(0, 200, 60):
        image[start : start + 18] = 90
    assert grained(eight_bit(image), smooth(), is_exact=False)[1] == 0


def test_texture_that_the_reference_shows_too_is_not_taken_for_noise():
    """A wall that fills the image; the reference shows it less sharply."""
    texture = smooth() + noise(12, 1.0, channels=1, seed=5)
    blurred = cv2.GaussianBlur(texture.astype(np.float32), (0, 0), 0.8)
    assert grained(eight_bit(texture), blurred, is_exact=True)[1] == 0


def test_noise_of_jpeg_is_measured_without_the_edges_of_its_blocks():
    """Blocks of one grey each: all that stands out is their edges."""
    steps = np.kron(np.random.default_rng(3).normal(0, 4, (28, 30, 1)), np.ones((8, 8, 1)))[:220, :240]
    image = eight_bit(smooth() + steps)
    assert grained(image, smooth())[1] == 0
    assert grained(eight_bit(smooth() + steps + noise(8)), smooth())[1] == pytest.approx(8, rel=0.25)


def test_saturated_ground_tells_nothing():
    clean = np.full((220, 240, 3), 255, np.float32)
    assert grained(eight_bit(clean + noise(10)), clean)[1] == 0


def test_the_same_seed_gives_the_same_noise_and_another_seed_another():
    clean, image = smooth(), eight_bit(smooth() + noise(8))
    first, again, other = (grained(image, clean, seed=seed)[0] for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=1)


@pytest.mark.parametrize("size", [(12, 12), (20, 200), (40, 40)])
def test_too_little_around_the_mask_adds_nothing(size):
    image = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    marked = np.zeros(size, bool)
    marked[2:-2, 2:-2] = True
    patch = np.full((*size, 3), 0.5, np.float32)
    result, sigma = add_grain(patch, Box(0, 0, size[1], size[0]), image, marked, np.random.default_rng(0))
    assert (result is patch, sigma) == (True, 0)


def test_without_a_reference_the_patch_is_measured_in_the_mask():
    """Outside it the network paints what it sees, noise and all."""
    clean = smooth()
    image = eight_bit(clean + noise(9))
    marked = np.zeros(image.shape[:2], bool)
    marked[INSIDE] = True
    patch = np.where(marked[..., None], clean, image)[BOX.slices()].astype(np.float32) / 255
    _, sigma = add_grain(patch, BOX, image, marked, np.random.default_rng(0))
    assert sigma == pytest.approx(9, rel=0.25)
    assert sigma > REFINEMENT.grain_least_added
