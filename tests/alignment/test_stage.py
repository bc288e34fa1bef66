import numpy as np
import pytest

from artifix.alignment.stage import align
from artifix.config import AlignmentConfig
from artifix.errors import NoMatchError, UsageError
from artifix.geometry import box_of

DEFAULT = AlignmentConfig()
LAYER = "up_blocks.1.attentions.0"
RIGHT, DOWN = 37, 21  # the image is the reference from here on


@pytest.fixture(scope="module")
def reference(scene):
    return scene(220, 260)


@pytest.fixture(scope="module")
def mask():
    mask = np.zeros((150, 170), bool)
    mask[60:90, 70:105] = True
    return mask


@pytest.fixture(scope="module")
def image(reference, mask):
    """A part of the reference with the mask's pixels turned over."""
    part = reference[DOWN : DOWN + 150, RIGHT : RIGHT + 170]
    return np.where(mask[..., None], part[::-1, ::-1], part)


@pytest.fixture(scope="module")
def located(tiny_network, image, mask):
    def run(reference, config=DEFAULT, layer=LAYER, timestep=0, image=image, mask=mask):
        return align(tiny_network, image, mask, reference, config, layer=layer, timestep=timestep, seed=3)

    return run


def test_exact_features_find_a_shifted_crop(located, reference, mask):
    found = located(reference)
    assert found.source == "sift"
    assert found.transform.is_proved
    assert found.confidence > 0.9
    corners = np.array([[70.0, 60], [104, 60], [70, 89], [104, 89]])
    assert found.transform.points(corners) == pytest.approx(corners + np.array([RIGHT, DOWN]), abs=0.2)
    box = box_of(found.region)
    assert box.as_tuple() == pytest.approx((70 + RIGHT, 60 + DOWN, 105 + RIGHT, 90 + DOWN), abs=1)
    assert found.correspondence.shape == found.region.shape == reference.shape[:2]
    assert (found.correspondence.min() >= 0, found.correspondence.max()) == (True, 1)
    assert found.mask is mask
    assert (found.layer, found.timestep) == (LAYER, 0)


def test_the_same_seed_gives_the_same_map(located, reference):
    assert np.array_equal(located(reference).correspondence, located(reference).correspondence)


def test_one_look_is_enough_if_asked_for(located, reference):
    assert located(reference, AlignmentConfig(zoom=False)).transform.is_proved


@pytest.fixture(params=["grey", "unrelated"])
def stranger(request, scene):
    """A reference that shows nothing of the image."""
    return np.full((200, 200, 3), 128, np.uint8) if request.param == "grey" else scene(220, 260, 99)


def test_a_map_that_says_nothing_is_refused(located, stranger):
    with pytest.raises(NoMatchError, match=r"confidence 0\.[01]"):
        located(stranger, AlignmentConfig(transform=False))


def test_a_reference_without_a_match_proves_no_transform(located, stranger):
    forced = located(stranger, AlignmentConfig(force=True))
    assert forced.source != "sift"
    assert forced.confidence <= 0.5
    assert forced.region.any()
    assert forced.transform is None or not forced.transform.is_proved


def test_more_confidence_can_be_asked_for(located, reference):
    with pytest.raises(NoMatchError, match="1.00 is the least"):
        located(reference, AlignmentConfig(min_confidence=1.0))


def test_without_a_transform_the_map_alone_gives_the_region(located, reference):
    found = located(reference, AlignmentConfig(transform=False, force=True))
    assert found.transform is None
    assert found.source == "correspondence"
    assert found.region.any()
    assert 0 <= found.confidence <= 1


def test_an_unknown_layer_is_refused_with_those_there_are(located, reference):
    with pytest.raises(UsageError, match="--layer up_blocks.7.attentions.0") as caught:
        located(reference, layer="up_blocks.7.attentions.0")
    assert LAYER in caught.value.hint


@pytest.mark.parametrize("timestep", [-1, 1000])
def test_a_timestep_outside_the_schedule_is_refused(located, reference, timestep):
    with pytest.raises(UsageError, match=f"--timestep {timestep}"):
        located(reference, timestep=timestep)


def test_a_mask_at_the_corner_of_a_small_image_is_located(located, scene):
    small, mask = scene(12, 14), np.zeros((12, 14), bool)
    mask[:4, :5] = True
    found = located(scene(20, 11), AlignmentConfig(force=True), image=small, mask=mask)
    assert found.region.shape == (20, 11)
    assert found.region.any()
