"""What speaks for a transform, and for one that is wrong."""

from dataclasses import asdict, fields, replace

import numpy as np
import pytest

from artifix.matching.sift import match_features
from artifix.registration.content import content_of
from artifix.registration.context_band import band_around
from artifix.registration.evidence import LEARNED, NAMES, PLAIN, Evidence, gather, logit_of
from artifix.registration.hypothesis import Candidate, Support, rate
from artifix.registration.transform import Transform
from artifix.scene import Matches, Scene

SIZE = 300, 320
MASK = np.zeros(SIZE, bool)
MASK[100:200, 110:220] = True
WEIGHTS = pytest.mark.parametrize("weights", [LEARNED, PLAIN], ids=["learned", "plain"])
MIDDLING = Evidence(0.5, 0.5, 0.5, 0.5, 4.0, 4.0, 0.5, 0.05)
FEW = Support("sift", "similarity", 9, 3.0)
RIGHT, DOWN = 40.0, -25.0  # of a wrong transform


def moved(right: float, down: float) -> np.ndarray:
    return np.array([[1, 0, right], [0, 1, down], [0, 0, 1.0]])


def grid_matches(source: str, right: float = 0.0, down: float = 0.0) -> Matches:
    """Matches all over the mask that the image's points lie so much farther in the reference."""
    y, x = np.mgrid[60:240:12, 70:260:12].reshape(2, -1).astype(float)
    points = np.column_stack([x, y])
    return Matches(points, points + np.array([right, down]), np.full(len(points), 0.7), source, 4.0)


@pytest.fixture
def told(describe, label, melted):
    """What is gathered for the image laid over a reference by a matrix."""

    def gathered(matrix: np.ndarray, reference: np.ndarray | None = None, pool=(), field=None) -> Evidence:
        print_ = label()
        reference = print_ if reference is None else reference
        shown = Scene(melted(print_, MASK), MASK, reference)
        content = content_of(shown, describe)
        band = band_around(shown.image, MASK)
        hypothesis = rate(Candidate(Transform(matrix), FEW), band, reference)
        (seen,) = content.view([hypothesis.transform], reference)
        field = grid_matches("attention") if field is None else field
        return gather(hypothesis, content, seen, shown, pool, field)

    return gathered


def in_range(evidence: Evidence) -> bool:
    shares = all(0 <= value <= 1 + 1e-6 for value in (evidence.band, evidence.attention))
    alike = all(abs(v) <= 1 + 1e-6 for v in (evidence.surroundings, evidence.content, evidence.strokes))
    return shares and alike and min(evidence.classical, evidence.learned, evidence.stretch) >= 0


def test_every_number_has_a_weight():
    assert [field.name for field in fields(Evidence)] == list(NAMES)
    for weights in (LEARNED, PLAIN):
        assert set(weights) == {*NAMES, "bias"}


@WEIGHTS
@pytest.mark.parametrize("name", NAMES)
def test_the_logit_rises_with_evidence_and_falls_with_stretch(weights, name):
    more = replace(MIDDLING, **{name: getattr(MIDDLING, name) + 0.2})
    change = logit_of(more, weights) - logit_of(MIDDLING, weights)
    assert change == pytest.approx(0.2 * weights[name])
    assert change < 0 if name == "stretch" else change >= 0


@WEIGHTS
def test_nothing_that_speaks_for_it_is_not_probable_and_everything_is(weights):
    assert logit_of(Evidence(*[0.0] * len(NAMES)), weights) < -3
    assert logit_of(Evidence(1, 1, 0.8, 0.9, 6, 8, 0.9, 0), weights) > 3


def test_a_right_transform_is_spoken_for_by_everything(told):
    matches = [grid_matches("sift"), grid_matches("xfeat")]
    found = told(np.eye(3), pool=matches)
    assert in_range(found)
    assert found.band > 0.8
    assert found.surroundings > 0.9
    assert found.content > 0.5
    assert found.strokes > 0.7
    assert found.classical == found.learned > 7
    assert found.attention == pytest.approx(1)
    assert found.stretch == pytest.approx(0)


def test_a_wrong_transform_is_spoken_for_by_nothing(told):
    matches = [grid_matches("sift"), grid_matches("xfeat")]
    right, wrong = told(np.eye(3), pool=matches), told(moved(RIGHT, DOWN), pool=matches)
    assert in_range(wrong)
    assert wrong.band < 0.3
    assert wrong.surroundings < 0.5
    assert wrong.content < 0.4
    assert wrong.strokes < 0.3
    assert (wrong.classical, wrong.learned, wrong.attention) == (0, 0, 0)
    for weights in (LEARNED, PLAIN):
        assert logit_of(right, weights) > 3 > 0 > logit_of(wrong, weights)


def test_another_print_is_spoken_for_by_nothing(told, label):
    away = grid_matches("attention", 300, 300)
    found = told(np.eye(3), label(9), field=away)
    assert in_range(found)
    assert max(found.band, found.strokes) < 0.5
    for weights in (LEARNED, PLAIN):
        assert logit_of(found, weights) < 0


def test_matches_are_counted_by_kind_and_the_best_learned_one_counts(told):
    few = grid_matches("xfeat").take(np.arange(0, 100, 10))
    pool = [grid_matches("efficientloftr"), few, grid_matches("attention")]
    found = told(np.eye(3), pool=pool)
    assert found.classical == 0
    assert found.learned == told(np.eye(3), pool=pool[:1]).learned > told(np.eye(3), pool=[few]).learned > 0


def test_matches_that_no_weight_was_fitted_to_say_nothing(told):
    assert told(np.eye(3), pool=[grid_matches("dinov2")]).learned == 0
    assert told(np.eye(3), pool=[grid_matches("dinov2"), grid_matches("xfeat")]).learned > 7


def test_matches_far_from_the_mask_say_nothing_and_none_is_no_error(told):
    far = Matches(np.full((9, 2), 900.0), np.full((9, 2), 900.0), np.ones(9), "sift", 4.0)
    none = far.take(np.zeros(9, bool))
    for matches in (far, none):
        assert told(np.eye(3), pool=[matches]).classical == 0
    assert told(np.eye(3), field=none).attention == 0


def test_attention_counts_by_how_far_it_is_trusted(told):
    field = grid_matches("attention")
    wrong = field.image[:, 0] < 160
    target = field.reference.copy()
    target[wrong] += 80
    mixed = Matches(field.image, target, np.where(wrong, 0.1, 0.9), "attention", 4.0)
    assert told(np.eye(3), field=mixed).attention > 0.85
    assert told(moved(80, 80), field=mixed).attention < 0.15


def test_stretch_is_the_squared_log_of_the_ratio_of_scales(told):
    stretched = np.diag([1.5, 1.0, 1.0])
    turned = np.array([[0, -1.2, 330], [1.2, 0, -40], [0, 0, 1.0]])
    assert told(stretched).stretch == pytest.approx(np.log(1.5) ** 2, rel=1e-3)
    assert told(turned).stretch == pytest.approx(0, abs=1e-6)


def test_a_transform_to_nowhere_is_in_range(told):
    found = told(moved(5000, 5000))
    assert in_range(found)
    assert all(np.isfinite(list(asdict(found).values())))
    for weights in (LEARNED, PLAIN):
        assert logit_of(found, weights) < 0


def test_flat_pictures_are_in_range(describe):
    flat = np.full((*SIZE, 3), 128, np.uint8)
    shown = Scene(flat, MASK, flat)
    content = content_of(shown, describe)
    hypothesis = rate(Candidate(Transform(np.eye(3)), FEW), band_around(flat, MASK), flat)
    (seen,) = content.view([hypothesis.transform], flat)
    found = gather(
        hypothesis, content, seen, shown, [match_features(flat, MASK, flat)], grid_matches("attention")
    )
    assert in_range(found)
    assert (found.surroundings, found.content) == pytest.approx((0, 0), abs=1e-3)
