import cv2
import numpy as np
import pytest

from artifix.evaluation.bench.baselines import as_is, sift_paste, telea
from artifix.evaluation.cases import read_known_case
from artifix.evaluation.metrics import iou, psnr_db
from artifix.inputs.arrays import case_from_arrays


@pytest.fixture
def known(groups):
    return read_known_case(groups[0].files)


def test_as_it_is_is_the_image_and_says_no_place(known):
    refined, region = as_is(known.case)
    assert np.array_equal(refined, known.case.image.rgb)
    assert region is None


def test_telea_is_opencvs_in_a_mask_one_pixel_larger(known):
    refined, region = telea(known.case)
    mask = cv2.dilate(known.case.mask.astype(np.uint8) * 255, np.ones((3, 3)))
    # OpenCV treats channels alike, so that their order does not matter.
    swapped = cv2.inpaint(known.case.image.rgb[..., ::-1].copy(), mask, 5, cv2.INPAINT_TELEA)[..., ::-1]
    assert np.array_equal(refined, swapped)
    assert np.array_equal(refined[mask == 0], known.case.image.rgb[mask == 0])
    assert region is None


def test_sift_places_what_is_seen_in_both(known):
    refined, region = sift_paste(known.case)
    assert psnr_db(refined, known.truth, known.case.mask) > 30
    assert iou(region, known.region) > 0.95
    assert np.array_equal(refined[~known.case.mask], known.case.image.rgb[~known.case.mask])


def test_sift_gives_in_to_telea_where_nothing_matches(known):
    flat = np.full((200, 220, 3), 120, np.uint8)
    case = case_from_arrays(known.case.image.rgb, known.case.mask, flat)
    refined, region = sift_paste(case)
    assert np.array_equal(refined, telea(case)[0])
    assert region is None


def test_sift_matches_the_light_around_the_mask(known):
    darker = (known.case.reference.rgb * 0.6).astype(np.uint8)
    case = case_from_arrays(known.case.image.rgb, known.case.mask, darker)
    refined, _ = sift_paste(case)
    mean = refined[known.case.mask].mean() - known.truth[known.case.mask].mean()
    assert abs(mean) < 12 < known.truth[known.case.mask].mean() * 0.4
