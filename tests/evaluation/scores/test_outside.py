"""What was changed outside the mask."""

import numpy as np

from artifix.evaluation.scores.outside import OutsideScorer


def test_changes_outside_the_mask_are_told_by_their_largest_and_their_mean(repaired):
    image = np.full((10, 10, 3), 100, np.uint8)
    mask = np.zeros((10, 10), bool)
    mask[:5] = True
    refined = image.copy()
    refined[:5] = 255  # all of the mask, which does not count
    refined[9, 9] = (97, 112, 100)
    told = OutsideScorer().score(_of(repaired, image, mask, refined))
    assert told == {"outside_max": 12.0, "outside_mean": (3 + 12) / (50 * 3)}


def test_darker_is_as_much_of_a_change_as_lighter(repaired):
    image = np.full((4, 4, 3), 200, np.uint8)
    mask = np.zeros((4, 4), bool)
    mask[0, 0] = True
    assert OutsideScorer().score(_of(repaired, image, mask, np.zeros_like(image)))["outside_max"] == 200


def test_a_mask_of_the_whole_image_leaves_nothing_to_say(repaired):
    image = np.zeros((4, 4, 3), np.uint8)
    told = OutsideScorer().score(_of(repaired, image, np.ones((4, 4), bool), image))
    assert np.isnan(list(told.values())).all()


def _of(repaired, image, mask, refined):
    return repaired(image=image, mask=mask, refined=refined, truth=None)
