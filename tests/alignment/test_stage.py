import numpy as np
import pytest

from artifix.alignment.calibration import Calibration
from artifix.alignment.choice import refusal_of
from artifix.alignment.repair_confidence import repair_confidence_in
from artifix.alignment.stage import align
from artifix.attention import coarse_match as looks
from artifix.attention.correspondence import cell_centres
from artifix.attention.field import AttentionField
from artifix.attention.region import find_region
from artifix.config import AlignmentConfig
from artifix.errors import UsageError
from artifix.geometry import box_of
from artifix.scene import Matches, Scene

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
    def run(reference, config=DEFAULT, layer=LAYER, timestep=0, image=image, mask=mask, **by_hand):
        scene = Scene(image, mask, reference, **by_hand)
        return align(tiny_network, scene, config, Calibration(layer, timestep), 3)

    return run


def test_exact_features_find_a_shifted_crop(located, reference, mask):
    found = located(reference)
    assert found.source == "sift"
    assert found.hypothesis.is_verified
    assert found.confidence > 0.9
    assert found.placed == "exact"
    assert found.repair_confidence == repair_confidence_in(
        found.hypothesis, found.hypotheses[0].evidence, found.confidence, found.coarseness
    )
    assert found.repair_confidence > 0.9
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
    assert located(reference, AlignmentConfig(zoom=False)).hypothesis.is_verified


@pytest.fixture(params=["grey", "unrelated"])
def stranger(request, scene):
    """A reference that shows nothing of the image."""
    return np.full((200, 200, 3), 128, np.uint8) if request.param == "grey" else scene(220, 260, 99)


def test_a_map_that_says_nothing_is_refused(located, stranger):
    found = located(stranger, AlignmentConfig(transform=False))
    assert refused(found, "tried attention alone")
    assert found.region.any()  # the best guess, for whoever wants to look


def refused(found, said, config=DEFAULT):
    """Whether the alignment is, in words that hold `said`."""
    refusal = refusal_of([found], config)
    return refusal is not None and said in refusal.problem


@pytest.fixture
def believed(monkeypatch):
    """Let the field of attention lie where the mask is in the reference, with this trust."""

    def believe(trust):
        def field(probe, scene, box, reference_box):
            points = (cell_centres(16) + 1) / 2 * box.width + np.array([box.left, box.top]) - 0.5
            weights = np.full(256, trust)
            matches = Matches(points, points + np.array([RIGHT, DOWN]), weights, "attention", 4.0)
            return AttentionField(box, matches, trust)

        monkeypatch.setattr(looks, "attention_field", field)

    return believe


def test_the_ring_proves_what_the_field_of_attention_proposes(located, believed, reference, mask):
    believed(0.6)
    found = located(reference, AlignmentConfig(matchers=("attention",)))
    assert found.source == "attention"
    assert found.hypothesis.is_verified
    box = box_of(found.region)
    assert box.as_tuple() == pytest.approx((70 + RIGHT, 60 + DOWN, 105 + RIGHT, 90 + DOWN), abs=1)


def test_a_trusted_field_onto_something_else_is_a_guess_that_is_refused(located, believed, scene):
    believed(0.8)
    found = located(scene(220, 260, 99))
    assert not found.hypothesis.is_verified
    assert refused(found, "nothing in the reference matches")
    assert found.placed == "rough"
    assert found.repair_confidence < found.confidence
    assert found.trust == pytest.approx(0.8)
    assert found.region.any()  # the best guess, for whoever wants to look


def test_all_that_was_compared_is_told_the_chosen_one_first(located, believed, reference):
    believed(0.6)
    found = located(reference)
    assert found.hypotheses[0].transform is found.transform
    assert found.confidence == found.hypotheses[0].probability
    assert {matches.source for matches in found.matches} >= {"sift", "attention"}


def test_a_field_without_trust_is_refused(located, believed, scene):
    believed(0.15)
    assert refused(located(scene(220, 260, 99)), "matches of xfeat, which do not agree with")


def test_without_a_transform_more_trust_gives_more_confidence(located, believed, scene):
    confidences = []
    for trust in (0.05, 0.2, 0.4, 0.8):
        believed(trust)
        confidences.append(located(scene(220, 260, 99), AlignmentConfig(transform=False)).confidence)
    assert confidences == sorted(set(confidences))


def test_a_trusted_field_draws_the_map_to_where_it_leads(located, believed, reference):
    centre = (slice(60 + DOWN, 90 + DOWN), slice(70 + RIGHT, 105 + RIGHT))
    shares = []
    for trust in (0.05, 0.8):
        believed(trust)
        found = located(reference, AlignmentConfig(transform=False)).correspondence
        shares.append(found[centre].sum() / found.sum())
    assert shares[1] > 1.5 * shares[0]


def test_a_field_onto_a_flat_part_is_no_guess(located, believed):
    believed(0.8)
    flat = np.full((220, 260, 3), 128, np.uint8)
    found = located(flat)
    assert found.trust == 0
    assert refused(found, "nothing in the reference matches")


def test_an_artifact_that_is_black_does_not_make_a_right_place_unsure(located, reference, image, mask):
    found = located(reference, image=np.where(mask[..., None], 0, image).astype(np.uint8))
    assert found.placed == "exact"
    assert found.confidence > 0.9


def test_without_xfeat_the_part_is_found_by_the_others(located, reference, lacking):
    found = located(reference)
    assert found.matchers["xfeat"] == "not installed"
    assert (found.source, found.placed) == ("sift", "exact")
    assert found.confidence > 0.9
    assert box_of(found.region).as_tuple() == pytest.approx(
        (70 + RIGHT, 60 + DOWN, 105 + RIGHT, 90 + DOWN), abs=1
    )


def test_without_xfeat_a_stranger_is_refused_too(located, stranger, lacking):
    assert refused(located(stranger), "nothing in the reference matches")


def test_a_reference_without_a_match_proves_no_transform(located, stranger):
    forced = located(stranger)
    assert forced.source != "sift"
    assert forced.confidence <= 0.5
    assert forced.region.any()
    assert forced.hypothesis is None or not forced.hypothesis.is_verified


def test_more_confidence_can_be_asked_for(located, reference):
    assert refused(located(reference), "1.00 is the least", AlignmentConfig(min_confidence=1.0))


def test_without_a_transform_the_map_alone_gives_the_region(located, reference):
    found = located(reference, AlignmentConfig(transform=False))
    assert found.transform is None
    assert found.source == "correspondence"
    assert np.array_equal(found.region, find_region(found.correspondence))
    assert found.region.any()
    assert 0 <= found.confidence <= 1


def test_an_unknown_layer_is_refused_with_those_there_are(located, reference):
    with pytest.raises(UsageError, match="layer up_blocks.7.attentions.0") as caught:
        located(reference, layer="up_blocks.7.attentions.0")
    assert LAYER in caught.value.hint


@pytest.mark.parametrize("timestep", [-1, 1000])
def test_a_timestep_outside_the_schedule_is_refused(located, reference, timestep):
    with pytest.raises(UsageError, match=f"timestep {timestep}"):
        located(reference, timestep=timestep)


def test_a_mask_at_the_corner_of_a_small_image_is_located(located, scene):
    small, mask = scene(12, 14), np.zeros((12, 14), bool)
    mask[:4, :5] = True
    found = located(scene(20, 11), image=small, mask=mask)
    assert found.region.shape == (20, 11)
    assert found.region.any()


@pytest.fixture
def right_place(reference):
    """Where the mask is in the reference, roughly."""
    within = np.zeros(reference.shape[:2], bool)
    within[50 + DOWN : 100 + DOWN, 60 + RIGHT : 115 + RIGHT] = True
    return within


def test_a_transform_is_found_inside_the_region_given_by_hand(located, reference, right_place):
    found = located(reference, within=right_place)
    assert (found.source, found.confidence) == ("sift", 1.0)
    assert box_of(found.region).as_tuple() == pytest.approx(
        (70 + RIGHT, 60 + DOWN, 105 + RIGHT, 90 + DOWN), abs=1
    )


def test_the_region_given_by_hand_overrules_features(located, reference):
    elsewhere = np.zeros(reference.shape[:2], bool)
    elsewhere[150:200, 200:250] = True
    found = located(reference, within=elsewhere)
    assert found.source != "sift"
    assert found.confidence == 1.0
    assert (found.region & elsewhere).sum() >= 0.5 * found.region.sum()
    assert not found.correspondence[~elsewhere].any()
    assert found.correspondence.max() == 1


def test_without_a_transform_the_region_given_by_hand_is_the_answer(located, reference, right_place):
    found = located(reference, AlignmentConfig(transform=False), within=right_place)
    assert (found.source, found.transform, found.placed) == ("region", None, "region only")
    assert np.array_equal(found.region, right_place)


def test_points_given_by_hand_overrule_everything(located, scene):
    corners = np.array([[60.0, 50], [120, 50], [60, 100]])
    points = np.hstack([corners, corners + np.array([30, 40])])
    found = located(scene(220, 260, 99), points=points)  # shows nothing of the image
    assert (found.source, found.confidence) == ("points", 1.0)
    assert box_of(found.region).as_tuple() == pytest.approx((100, 100, 135, 130), abs=6)
    assert len(found.matches[0]) == 3
