"""What the network is shown, and how what it draws and the paste are joined, in plain colours.

The image is 100 levels light around the mask, and so is the paste, whatever the reference; in the mask it is
black. In quarters of the mask the paste shows the object fully, by 0.6, by half and not at all.
"""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from artifix.config import RefinementConfig
from artifix.network.assembly import Network
from artifix.network.diffusion import Denoiser
from artifix.network.pixels import to_pictures
from artifix.refinement import stage
from artifix.refinement.network_refiner import NetworkRefiner
from artifix.refinement.stage import AlignedReference, Patch, repaint

DEFAULT = RefinementConfig()
SIZE = 120, 150
MASK = np.zeros(SIZE, bool)
MASK[30:90, 45:105] = True
REGION = np.zeros((90, 100), bool)
REGION[30:50, 40:70] = True
MIDDLES = {1.0: (45, 60), 0.6: (45, 90), 0.5: (75, 60), 0.0: (75, 90)}  # of the quarters: row, column
SHARE = np.ones(SIZE, np.float32)  # how far the paste shows the object
SHARE[30:60, 75:105], SHARE[60:90, 45:75], SHARE[60:90, 75:105] = 0.6, 0.5, 0


@pytest.fixture
def seen(monkeypatch) -> SimpleNamespace:
    """What the network was given; what it draws is its start, lighter by `step` of 2."""
    noted = SimpleNamespace(step=0.0)
    compare, condition = Network.compare, Network.condition

    def compared(self, crops, references, unknown=None):
        noted.crops, noted.references, noted.unknown = crops, references, unknown
        return compare(self, crops, references, unknown)

    def conditioned(self, crop, mask, comparison, aligned=None, valid=None):
        noted.crop, noted.mask, noted.aligned, noted.valid = crop, mask, aligned, valid
        return condition(self, crop, mask, comparison, aligned, valid)

    def sample(self, noise, condition, **how):
        noted.noise, noted.how = noise, how
        return condition.start + noted.step

    monkeypatch.setattr(Network, "compare", compared)
    monkeypatch.setattr(Network, "condition", conditioned)
    monkeypatch.setattr(Denoiser, "sample", sample)
    return noted


@pytest.fixture
def painted(tiny_network, seen, monkeypatch):
    def run(has_paste: bool = True, config=DEFAULT, seeds=(0,)) -> list[Patch]:
        image = np.where(MASK[..., None], 0, np.full((*SIZE, 3), 100)).astype(np.uint8)
        box_of_share = {}

        def warp(box, size):
            box_of_share["box"] = box
            return np.full((*size, 3), 160, np.float32), np.ones(size, bool)

        monkeypatch.setattr(stage, "foreground", lambda *_: SHARE[box_of_share["box"].slices()])
        aligned = AlignedReference(warp, False, lambda box, size: np.ones(size, np.float32))
        reference = np.full((*REGION.shape, 3), 160, np.uint8)
        return repaint(
            NetworkRefiner(tiny_network),
            image,
            MASK,
            reference,
            REGION,
            aligned if has_paste else None,
            config,
            list(seeds),
        )

    return run


def at_middles(picture: np.ndarray, box) -> dict[float, float]:
    """The values of (h, w) in the middle of each quarter, by how far the paste shows the object there."""
    scale = picture.shape[0] / box.height
    middle = {
        share: (int((row - box.top) * scale), int((column - box.left) * scale))
        for share, (row, column) in MIDDLES.items()
    }
    return {share: float(picture[place]) for share, place in middle.items()}


@pytest.mark.parametrize("step", [0.0, 0.4, -0.3])
def test_a_tenth_of_what_is_drawn_corrects_the_paste_and_all_of_it_stands_where_there_is_none(
    painted, seen, step
):
    """Where the paste shows half or less of the object the network starts from mid-grey."""
    seen.step = step
    (patch,) = painted()
    lighter = 127.5 * step
    wanted = {
        1.0: 100 + 0.1 * lighter,
        0.6: 0.6 * (100 + 0.1 * lighter) + 0.4 * (100 + lighter),
        0.5: 0.5 * (100 + 0.1 * lighter) + 0.5 * (127.5 + lighter),
        0.0: 127.5 + lighter,
    }
    found = at_middles(255 * patch.pixels[..., 1], patch.box)
    assert found == pytest.approx(wanted, abs=0.5)


@pytest.mark.parametrize(("step", "level"), [(20.0, 1.0), (-20.0, 0.0)])
def test_what_is_drawn_beyond_white_and_black_is_white_and_black(painted, seen, step, level):
    seen.step = step
    for has_paste in (True, False):
        (patch,) = painted(has_paste)
        assert (patch.pixels == level).all()


@pytest.mark.parametrize("step", [0.0, 0.2])
def test_without_a_paste_a_patch_is_what_is_drawn(painted, seen, step):
    seen.step = step
    (patch,) = painted(has_paste=False)
    inside = at_middles(255 * patch.pixels[..., 1], patch.box)
    assert inside == pytest.approx(dict.fromkeys(MIDDLES, 127.5 * (1 + step)), abs=0.5)
    assert 255 * patch.pixels[2, 2] == pytest.approx([100 + 127.5 * step] * 3, abs=0.5)


def test_matching_is_shown_the_paste_where_there_is_one_and_told_where_nothing_is_known(
    painted, seen, tiny_network
):
    (patch,) = painted()
    side = tiny_network.working_size_px
    assert seen.crops.shape == seen.crop.shape == (1, 3, side, side)
    assert seen.unknown.shape == seen.mask.shape == seen.valid.shape == (1, 1, side, side)
    crops, crop, aligned = (to_pictures(part)[0, ..., 0] for part in (seen.crops, seen.crop, seen.aligned))
    assert at_middles(crops, patch.box) == pytest.approx({1.0: 100, 0.6: 100, 0.5: 0, 0.0: 0}, abs=0.5)
    assert at_middles(crop, patch.box) == pytest.approx(dict.fromkeys(MIDDLES, 0), abs=0.5)
    assert at_middles(aligned, patch.box) == pytest.approx(dict.fromkeys(MIDDLES, 100), abs=0.5)
    shows = {1.0: 1, 0.6: 1, 0.5: 0, 0.0: 0}
    assert at_middles(seen.valid[0, 0], patch.box) == shows
    assert at_middles(seen.unknown[0, 0], patch.box) == {1.0: 0, 0.6: 0, 0.5: 1, 0.0: 1}
    assert at_middles(seen.mask[0, 0], patch.box) == dict.fromkeys(MIDDLES, 1)
    corner = np.s_[0, 0, 1, 1]
    assert (seen.valid[corner], seen.unknown[corner], seen.mask[corner]) == (1, 0, 0)
    np.testing.assert_allclose(to_pictures(seen.references), 160, atol=0.5)


def test_a_pixel_of_which_any_part_is_masked_is_painted(painted, seen):
    """The mask covers whole pixels where the network works, and what it covers in part too."""
    (patch,) = painted()
    covered = MASK.sum() / (patch.box.height * patch.box.width)
    assert covered < float(seen.mask.mean()) < 1.25 * covered


def test_without_a_paste_matching_is_shown_the_artifact_and_told_to_leave_it(painted, seen):
    (patch,) = painted(has_paste=False)
    assert seen.aligned is None
    assert seen.valid is None
    assert torch.equal(seen.crops, seen.crop)
    assert torch.equal(seen.unknown, seen.mask)
    assert at_middles(seen.mask[0, 0], patch.box) == dict.fromkeys(MIDDLES, 1)


@pytest.mark.parametrize(("has_paste", "strength"), [(True, 0.5), (False, 1.0)])
def test_only_a_paste_is_started_from(painted, seen, has_paste, strength):
    painted(has_paste, RefinementConfig(steps=3, guidance_scale=2.0, strength=0.5))
    assert seen.how["strength"] == strength
    assert (seen.how["steps"], seen.how["guidance_scale"]) == (3, 2.0)


def test_each_seed_draws_normal_noise_of_its_own(painted, seen):
    painted(seeds=(3, 8))
    first, second = seen.noise
    assert first.shape == second.shape
    assert torch.equal(first, torch.randn(first.shape, generator=torch.Generator().manual_seed(3)))
    assert torch.equal(second, torch.randn(first.shape, generator=torch.Generator().manual_seed(8)))
