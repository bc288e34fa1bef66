import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from stress_set.assembly import LEAST_REGION_PX, LEAST_SHARE, MOST_SHARE, build_case, place_view
from stress_set.effects import draw_blur, draw_light, unchanged
from stress_set.masks import BUSY, POOR, destroy, irregular_mask, pixels_of, texture
from stress_set.pictures import find_pictures
from stress_set.plans import KINDS, SMALL, Look
from stress_set.scenes import Target

from artifix.evaluation.cases import case_folders, read_known_case
from artifix.geometry import box_of

PHOTOMETRIC = ("blur", "light")


@pytest.fixture(scope="session")
def script(benchmark_script):
    return benchmark_script("make_stress")


@pytest.fixture(scope="session")
def cases(script, photos):
    pictures = find_pictures(photos)
    return {kind: script.make_case(pictures, kind, 0, 1) for kind in KINDS}


def sampled(picture, points):
    x, y = points.astype(np.float32).T
    return cv2.remap(picture, x[None], y[None], cv2.INTER_LINEAR)[0].astype(float)


def error_at(case, shift_px=0.0):
    """Mean difference of the masked truth and what the reference shows at the mapped points."""
    points, scale = pixels_of(case.mask), case.facts["scale"]
    truth = cv2.GaussianBlur(case.truth, (0, 0), 2 * max(1, 1 / scale))  # both to the same detail
    reference = cv2.GaussianBlur(case.reference, (0, 0), 2 * max(1, scale))
    found = sampled(reference, case.to_reference(points) + shift_px)
    return np.abs(sampled(truth, points) - found).mean()


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind not in (*PHOTOMETRIC, "scale", "small-logo")]
)
def test_the_masked_truth_reappears_at_the_mapped_place(cases, kind):
    case = cases[kind]
    assert error_at(case) < 4
    if kind != "low-texture":
        assert error_at(case, 8.0) > 2.5 * error_at(case)


@pytest.mark.parametrize("kind", ["scale", "small-logo"])
def test_sizes_apart_the_truth_reappears_too(cases, kind):
    case = cases[kind]
    shift_px = 0.7 * case.region.sum() ** 0.5
    assert error_at(case) < 0.5 * error_at(case, shift_px)


@pytest.mark.parametrize("kind", KINDS)
def test_the_region_is_the_mask_seen_in_the_reference(cases, kind):
    case = cases[kind]
    x, y = case.to_reference(pixels_of(case.mask)).round().astype(int).T
    assert case.region[y, x].mean() > 0.8  # pixels at the rim round to either side
    grown = cv2.dilate(case.region.astype(np.uint8), np.ones((3, 3))) > 0
    assert grown[y, x].all()


@pytest.mark.parametrize("kind", KINDS)
def test_masks_have_the_size_of_artifacts_and_regions_are_seen_wholly(cases, kind):
    case = cases[kind]
    assert LEAST_SHARE <= case.mask.mean() <= MOST_SHARE
    assert case.region.sum() >= LEAST_REGION_PX
    assert not case.region[[0, -1]].any()
    assert not case.region[:, [0, -1]].any()
    for picture in (case.image, case.reference):
        assert 300 <= min(picture.shape[:2]) <= max(picture.shape[:2]) <= 640


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_masked_part_is_destroyed(cases, kind):
    case = cases[kind]
    changed = (case.image != case.truth).any(-1)
    assert not changed[~case.mask].any()
    assert changed[case.mask].mean() > 0.5


def turn_deg(case):
    centre = pixels_of(case.mask).mean(0)
    here, there = case.to_reference(np.stack([centre, centre + np.array([1, 0])]))
    return np.degrees(np.arctan2(*(there - here)[::-1]))


def test_turned_references_are_turned(cases):
    assert abs(turn_deg(cases["turn-90"])) == pytest.approx(90, abs=13)
    assert abs(turn_deg(cases["turn-180"])) > 165


def test_scale_differs_by_four(cases):
    scale = cases["scale"].facts["scale"]
    assert max(scale, 1 / scale) == pytest.approx(4, abs=0.6)


def test_a_small_logo_is_small(cases):
    region = cases["small-logo"].region
    box = box_of(region)
    assert max(box.width, box.height) <= SMALL * min(region.shape)


def test_little_texture_surrounds_a_low_texture_mask(cases):
    def around(kind, reach):
        case = cases[kind]
        radius = (case.mask.sum() / np.pi) ** 0.5
        x, y = pixels_of(case.mask).mean(0).round().astype(int)
        return texture(case.truth, reach * radius)[y, x]

    assert around("low-texture", POOR.reach) < POOR.most + 2
    assert around("turn-90", BUSY.reach) > BUSY.least - 2


def test_the_mirrored_look_alike_stands_in_the_other_half(cases):
    case = cases["mirrored"]
    width = case.reference.shape[1]
    left = case.region[:, : width // 2].any()
    assert left != case.region[:, width // 2 :].any()
    x, y, w, h = cv2.boundingRect(case.region.astype(np.uint8))
    part = case.reference[y - 4 : y + h + 4, x - 4 : x + w + 4]
    other = case.reference[:, width // 2 :] if left else case.reference[:, : width // 2]
    turned_back = cv2.matchTemplate(other[:, ::-1].copy(), part, cv2.TM_CCOEFF_NORMED).max()
    as_it_is = cv2.matchTemplate(other.copy(), part, cv2.TM_CCOEFF_NORMED).max()
    assert turned_back > as_it_is + 0.1


def test_the_repeated_print_is_there_more_than_once(cases):
    case = cases["repeated"]
    x, y, w, h = cv2.boundingRect(case.mask.astype(np.uint8))
    score = cv2.matchTemplate(case.truth, case.truth[y : y + h, x : x + w], cv2.TM_CCOEFF_NORMED)
    found = (score > 0.9).astype(np.uint8)
    assert cv2.connectedComponents(found)[0] - 1 >= 4


@pytest.mark.parametrize("kind", PHOTOMETRIC)
def test_light_and_blur_change_one_of_the_two(photos, kind):
    pictures = find_pictures(photos)
    for seed in range(4):
        plan = KINDS[kind](np.random.default_rng(seed), pictures)
        assert (plan.image.effect is unchanged) != (plan.reference.effect is unchanged)


def test_blur_takes_away_detail_and_leaves_the_colours(scene):
    for seed in range(6):
        picture = scene(200, 220, seed)
        blurred = draw_blur(np.random.default_rng(seed))(picture)
        assert cv2.Laplacian(blurred, cv2.CV_64F).std() < 0.5 * cv2.Laplacian(picture, cv2.CV_64F).std()
        assert np.abs(blurred.mean((0, 1)) - picture.mean((0, 1))).max() < 2


def test_light_changes_colours_and_is_uneven():
    for seed in range(6):
        picture = np.full((200, 220, 3), 128, np.uint8)
        lit = draw_light(np.random.default_rng(seed))(picture)
        assert np.ptp(lit.mean(-1)) > 40
        assert np.ptp(lit[0, 0].astype(float)) > 5


def test_the_same_seed_makes_the_same_case_and_another_another(script, photos):
    pictures = find_pictures(photos)
    first, again, other = (script.make_case(pictures, "bend", 0, seed) for seed in (1, 1, 2))
    assert (first.image == again.image).all()
    assert (first.region == again.region).all()
    assert first.image.shape != other.image.shape or (first.image != other.image).any()


def test_a_region_beyond_the_reference_is_no_case(photos):
    pictures = find_pictures(photos)
    for seed in range(3):
        plan = KINDS["turn-90"](np.random.default_rng(seed), pictures)
        tiny = replace(plan, reference=replace(plan.reference, size=(24, 24), scale=1.0))
        assert build_case(np.random.default_rng(seed), tiny, pictures) is None


def test_a_view_holds_its_target_and_a_small_canvas_lies_wholly_in_it():
    random, target = np.random.default_rng(0), Target((280.0, 20.0), 10.0)
    for _ in range(20):
        near = place_view(random, Look((100, 120), 3.0, 0.3), (200, 300), target)
        assert (
            (near.forward(np.array([target.centre])) > 29)
            & (near.forward(np.array([target.centre])) < (90, 70))
        ).all()
        far = place_view(random, Look((100, 120), 0.25), (200, 300), None)
        corners = far.forward(np.array([[0.0, 0.0], [299.0, 199.0]]))
        assert (corners > -0.5).all()
        assert (corners < (119.5, 99.5)).all()


def test_masks_have_the_area_asked_for():
    mask = irregular_mask(np.random.default_rng(0), (200, 200), (100.0, 100.0), 2000.0)
    assert mask.sum() == pytest.approx(2000, rel=0.08)
    assert np.abs(pixels_of(mask).mean(0) - 100).max() < 8


def test_what_is_destroyed_is_far_from_the_truth(scene):
    picture = scene(120, 120)
    mask = irregular_mask(np.random.default_rng(0), (120, 120), (60.0, 60.0), 1500.0)
    spoiled = destroy(np.random.default_rng(0), picture, mask)
    assert np.abs(spoiled.astype(int) - picture)[mask].mean() > 15


def test_the_command_writes_cases_that_the_evaluation_reads(script, photos, tmp_path, capsys):
    assert script.main([str(photos), str(tmp_path / "set"), "--count", "2"]) == 0
    assert "2 cases" in capsys.readouterr().out
    index = json.loads((tmp_path / "set" / "index.json").read_text())
    assert [entry["case"] for entry in index] == ["turn-90-00", "turn-180-00"]
    for folder in case_folders(tmp_path / "set"):
        known = read_known_case(folder)
        assert known.region is not None
        assert known.region.shape == known.case.reference.rgb.shape[:2]
        assert (known.truth[~known.case.mask] == known.case.image.rgb[~known.case.mask]).all()


def test_a_folder_without_photos_is_refused(script, tmp_path, capsys):
    assert script.main([str(tmp_path), str(tmp_path / "set")]) == 3
    assert "holds no photo" in capsys.readouterr().err
