"""How much of the repaired part is found in the region."""

import numpy as np
import pytest

from artifix.evaluation.scores.matches import MatchScorer, _verified
from artifix.geometry import resize
from artifix.matching.installed import xfeat_path

needs_xfeat = pytest.mark.skipif(xfeat_path() is None, reason="XFeat is not installed")


@pytest.fixture
def scored(repaired):
    """The score of a case changed so."""
    return lambda **given: MatchScorer().score(repaired(**given))["matches"]


@pytest.fixture
def spoilt(repaired, scene):
    """The image with something else under the mask."""
    one = repaired()
    return np.where(one.mask[..., None], scene(100, 120, 7), one.truth)


@needs_xfeat
def test_a_right_part_scores_high_and_another_one_low(scored, spoilt):
    right, wrong = scored(), scored(refined=spoilt)
    assert right > 12
    assert wrong < right / 5


@needs_xfeat
def test_without_a_region_all_of_the_reference_is_searched(scored, spoilt):
    right, wrong = scored(region=None), scored(region=None, refined=spoilt)
    assert right > 3
    assert wrong < right / 3


@needs_xfeat
def test_the_right_part_of_another_place_scores_low(scored):
    elsewhere = np.zeros((120, 160), bool)
    elsewhere[0:30, 120:158] = True
    assert scored(region=elsewhere) < scored() / 5


@needs_xfeat
def test_only_what_lies_under_the_mask_counts(scored, repaired, spoilt):
    one = repaired()
    rest_spoilt = np.where(one.mask[..., None], one.truth, 255 - one.truth)
    assert scored(refined=rest_spoilt) > 3 * scored(refined=spoilt)


@needs_xfeat
def test_a_blank_part_scores_nothing(scored, repaired):
    one = repaired()
    assert scored(refined=np.where(one.mask[..., None], 128, one.truth).astype(np.uint8)) < 5


@needs_xfeat
def test_a_blank_region_says_nothing(scored):
    assert np.isnan(scored(reference=np.full((120, 160, 3), 200, np.uint8)))


@needs_xfeat
def test_the_score_of_a_part_does_not_hang_on_the_size_of_the_image(repaired):
    one = repaired()
    pictures = {n: getattr(one, n) for n in ("image", "mask", "refined", "truth", "reference", "region")}
    doubled = {
        name: resize(picture, (2 * picture.shape[0], 2 * picture.shape[1]))
        for name, picture in pictures.items()
    }
    first, second = (MatchScorer().score(case)["matches"] for case in (one, repaired(**doubled)))
    assert second == pytest.approx(first, rel=0.35)


@needs_xfeat
def test_the_same_case_gets_the_same_score_again(scored):
    assert scored() == scored()


def test_matches_count_that_one_affine_transform_explains():
    random = np.random.default_rng(0)
    reference = random.uniform(0, 256, (40, 2))
    image = reference @ np.array([[0.9, 0.1], [-0.2, 1.1]]) + (5, -3)
    image[:15] = random.uniform(0, 256, (15, 2)) + 400
    assert _verified(reference, image, 5.0) == 25
    assert _verified(reference[:3], image[:3], 5.0) == 0
