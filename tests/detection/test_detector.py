"""The whole detector on drawn pictures."""

import numpy as np
import pytest

from artifix.detection import laying, tuning
from artifix.detection.detector import THRESHOLD, detect
from artifix.errors import NoMatchError


@pytest.fixture(scope="module")
def found(pair):
    return detect(pair.image, pair.reference)


def test_the_first_proposal_lies_on_the_artifact(pair, found):
    first = found.proposals[0]
    assert (first.mask & pair.mask).sum() / (first.mask | pair.mask).sum() > 0.4
    assert first.score >= THRESHOLD


def test_what_is_told_of_a_proposal_fits_its_mask(pair, found):
    for proposal in found.proposals:
        rows, columns = np.nonzero(proposal.mask)
        assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == proposal.box.as_tuple()
        assert 0 <= proposal.score <= 1


def test_the_probability_is_of_the_images_size_and_highest_on_the_artifact(pair, found):
    assert found.probability.shape == pair.mask.shape
    assert 0 <= found.probability.min() <= found.probability.max() <= 1
    assert found.probability[pair.mask].mean() > 5 * found.probability[~pair.mask].mean()


def test_marked_holds_the_proposals_from_the_threshold_on(found):
    best = max(proposal.score for proposal in found.proposals)
    assert found.marked(best).any()
    assert not found.marked(1.01).any()
    assert found.marked(0).sum() >= found.marked(best).sum()


@pytest.mark.slow
def test_an_image_without_an_artifact_is_not_marked(pair):
    assert not detect(pair.clean, pair.reference).marked().any()


@pytest.mark.slow
def test_no_more_proposals_are_told_than_asked_for(pair):
    assert len(detect(pair.image, pair.reference, most=1).proposals) == 1


@pytest.mark.slow
def test_the_same_pictures_give_the_same_proposals(pair, found):
    again = detect(pair.image, pair.reference)
    assert [p.score for p in again.proposals] == [p.score for p in found.proposals]
    assert np.array_equal(again.probability, found.probability)


def test_a_reference_of_something_else_is_refused_with_its_name(pair):
    other = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    with pytest.raises(
        NoMatchError, match=r"other\.png: what it shows was not found in the image \(\d+ matches"
    ):
        detect(pair.image, other, name="other.png")


def test_a_reference_that_hardly_agrees_once_it_is_laid_is_refused(pair, monkeypatch):
    least = tuning.DETECTION.least_matches

    def only(count):
        monkeypatch.setattr(laying, "agrees", lambda transform, pool, crop: np.arange(len(pool)) < count)

    only(least)
    assert detect(pair.image, pair.reference).matches == least
    only(least - 1)
    with pytest.raises(NoMatchError, match=f"agree once it is laid onto it: {least - 1}"):
        detect(pair.image, pair.reference)


def test_a_reference_of_one_colour_is_refused(pair):
    with pytest.raises(NoMatchError, match="0 matches"):
        detect(pair.image, np.full((64, 64, 3), 90, np.uint8))


@pytest.mark.slow
@pytest.mark.parametrize("side", [16, 17, 40])
def test_tiny_pictures_are_refused_or_compared_and_break_nothing(pair, side):
    import cv2

    image, reference = (
        cv2.resize(p, (side, side), interpolation=cv2.INTER_AREA) for p in (pair.image, pair.reference)
    )
    try:
        found = detect(image, reference)
    except NoMatchError:
        return
    assert found.probability.shape == (side, side)
