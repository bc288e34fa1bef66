"""What of the crop the network may see, and how its picture and the paste are joined."""

import numpy as np
import pytest

from artifix.config import RefinementConfig
from artifix.refinement.network_refiner import NetworkRefiner
from artifix.refinement.stage import AlignedReference, Warp, repaint

ONE_STEP = RefinementConfig(steps=1)


@pytest.fixture(scope="module")
def image(reference):
    return (reference[15:135, 20:170] * 0.8).astype(np.uint8)


@pytest.fixture
def painted(tiny_network, mask, reference, monkeypatch):
    """Patches of a network whose output layer is not zero, as an untrained one's is."""
    weight = tiny_network.unet.conv_out.weight
    monkeypatch.setattr(weight, "data", weight.data + 0.05)
    region = np.zeros(reference.shape[:2], bool)
    region[65:89, 80:110] = True

    def run(image: np.ndarray, warp: Warp | None, seeds: tuple[int, ...] = (0,), config=ONE_STEP):
        aligned = None if warp is None else AlignedReference(warp, True, lambda box, size: np.ones(size))
        return repaint(
            NetworkRefiner(tiny_network), image, mask, reference, region, aligned, config, list(seeds)
        )

    return run


def test_what_the_artifact_looks_like_does_not_matter_where_the_reference_shows(painted, image, mask, warp):
    first, second = (
        painted(np.where(mask[..., None], value, image).astype(np.uint8), warp)[0].pixels
        for value in (0, 255)
    )
    np.testing.assert_allclose(first, second, atol=1e-3)


def test_without_a_paste_the_network_sees_what_surrounds_the_mask(painted, image, mask):
    first, second = (
        painted(np.where(mask[..., None], image, part).astype(np.uint8), None)[0].pixels
        for part in (image, 255 - image)
    )
    assert np.abs(first - second).max() > 0.01


def test_a_correction_of_nothing_leaves_the_paste_and_a_double_one_doubles(painted, image, warp):
    none, whole, double = (
        painted(image, warp, config=RefinementConfig(steps=1, correction=share))[0].pixels
        for share in (0.0, 0.5, 1.0)
    )
    inner = (np.stack([none, whole, double]) > 0.02).all(0) & (np.stack([none, whole, double]) < 0.98).all(0)
    assert np.abs(whole - none)[inner].max() > 0.002
    np.testing.assert_allclose((double - none)[inner], 2 * (whole - none)[inner], atol=1e-3)


def test_there_is_a_patch_of_each_seed_in_the_same_box(painted, image, warp):
    patches = painted(image, warp, seeds=(3, 4, 5))
    assert len(patches) == 3
    assert len({patch.box for patch in patches}) == 1
    for patch in patches:
        assert patch.pixels.dtype == np.float32
        assert 0 <= patch.pixels.min() <= patch.pixels.max() <= 1
