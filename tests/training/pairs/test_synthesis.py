from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from artifix.training.pairs import warps
from artifix.training.pairs.links import CELLS, make_links
from artifix.training.pairs.sources import assemble
from artifix.training.pairs.synthesis import make_pairs
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.pairs.warps import look
from artifix.training.tasks import ALIGNMENT, MATCHING, REFINEMENT

CPU = torch.device("cpu")
BARE = SynthesisConfig(
    decal_share=0,
    foreign_background_share=0,
    bend_share=0,
    reference_bend_share=0,
    crop_occluded_share=0,
    reference_occluded_share=0,
    light=0,
    glare_share=0,
    blur_share=0,
    grain_share=0,
    compression_share=0,
    wrong_aligned_share=0,
    aligned_share=1,
)


@pytest.fixture(scope="module")
def ramp():
    """Two scenes whose red is x and whose green is y, so that every pixel says where in the scene it lies."""
    y, x = torch.meshgrid(torch.arange(256), torch.arange(256), indexing="ij")
    image = torch.stack([x, y, torch.full_like(x, 128)]).to(torch.uint8)
    nothing = torch.zeros(0, 4, 8, 8, dtype=torch.uint8)
    return assemble(image.repeat(2, 1, 1, 1), nothing)


def draw(sources, task, config, count=16, seed=0, crop_px=48, reference_px=96):
    random = torch.Generator().manual_seed(seed)
    return make_pairs(sources, task, count, crop_px, reference_px, config, random)


def errors(pairs):
    """(B, 1, S, S): how far the crop is from what the reference shows at the match."""
    return (look(pairs.reference, pairs.match.permute(0, 3, 1, 2)) - pairs.clean).abs().amax(1, keepdim=True)


@pytest.mark.parametrize("task", [MATCHING, ALIGNMENT, REFINEMENT])
@pytest.mark.parametrize(
    "bends",
    [
        {},
        {"bend_share": 1, "cylinder_share": 0},
        {"reference_bend_share": 1, "cylinder_share": 0},
        {"bend_share": 1, "reference_bend_share": 1, "cylinder_share": 1},
        {"bend_share": 1, "reference_bend_share": 1, "upside_down_share": 1, "far_scale_share": 1},
    ],
    ids=str,
)
def test_reference_shows_at_the_match_what_the_crop_shows(ramp, task, bends):
    pairs = draw(ramp, task, replace(BARE, **bends))
    wrong = errors(pairs)[pairs.matchable > 0]
    # Scenes are mirrored at their edges; a kink there is sampled less exactly than the smooth rest.
    assert wrong.quantile(0.98) < 0.02
    assert wrong.max() < 0.15


def test_match_in_another_place_would_show(ramp):
    pairs = draw(ramp, ALIGNMENT, BARE)
    moved = replace(pairs, match=pairs.match + 0.05)
    assert errors(moved)[pairs.matchable > 0].median() > 0.02


@pytest.mark.parametrize("task", [ALIGNMENT, REFINEMENT])
def test_matchable_ends_where_the_reference_does(ramp, task):
    pairs = draw(ramp, task, BARE)
    inside = (pairs.match.abs().amax(-1) < 1).unsqueeze(1)
    assert torch.equal(pairs.matchable > 0, inside)
    assert inside.any()
    assert not inside.all()


def test_foreign_background_has_no_match(ramp):
    pairs = draw(ramp, ALIGNMENT, replace(BARE, foreign_background_share=1), count=24)
    wrong = errors(pairs)
    inside = (pairs.match.abs().amax(-1) < 1).unsqueeze(1)
    background = inside & (pairs.matchable == 0)
    assert background.float().mean() > 0.05
    assert wrong[pairs.matchable > 0].quantile(0.9) < 0.03
    assert wrong[background].median() > 0.1


def test_aligned_reference_is_the_crop_but_for_a_small_shift(ramp):
    pairs = draw(ramp, REFINEMENT, BARE, count=32)
    assert pairs.valid.all()
    wrong = (pairs.aligned - pairs.clean).abs().mean((1, 2, 3))
    assert 0.0003 < wrong.median() < 0.05
    assert wrong.max() < 0.15


def test_aligned_reference_is_left_out_at_its_rate(busy_sources):
    none = draw(busy_sources, REFINEMENT, replace(BARE, aligned_share=0))
    assert not none.valid.any()
    assert not none.aligned.any()
    some = draw(busy_sources, REFINEMENT, replace(BARE, aligned_share=0.5), count=100).valid.amax((1, 2, 3))
    assert 0.3 < some.mean() < 0.7


def test_alignment_pairs_have_no_aligned_reference(busy_sources):
    pairs = draw(busy_sources, ALIGNMENT, BARE)
    assert not pairs.valid.any()
    assert not pairs.aligned.any()


@pytest.mark.parametrize(("task", "least", "most"), [(ALIGNMENT, 0.012, 0.18), (REFINEMENT, 0.05, 0.3)])
def test_masks_have_the_areas_of_real_artifacts(busy_sources, task, least, most):
    shares = draw(busy_sources, task, BARE, count=200, reference_px=16).mask.mean((1, 2, 3))
    assert shares.min() > 0.5 * least
    assert shares.max() < 1.5 * most
    assert 0.75 < shares.median() / (least * most) ** 0.5 < 1.35


def test_masks_are_irregular(busy_sources):
    masks = draw(busy_sources, REFINEMENT, BARE, count=60, crop_px=64, reference_px=16).mask[:, 0]
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    shares = []
    for mask in masks:
        distance = torch.hypot(x - (x * mask).sum() / mask.sum(), y - (y * mask).sum() / mask.sum())
        disc = distance <= distance.flatten().sort().values[int(mask.sum()) - 1]
        shares.append((disc & (mask > 0)).sum() / (disc | (mask > 0)).sum())
    assert torch.stack(shares).median() < 0.9


@pytest.mark.parametrize("task", [ALIGNMENT, REFINEMENT])
def test_most_of_the_masked_part_is_in_the_reference(busy_sources, task):
    pairs = draw(busy_sources, task, SynthesisConfig(), count=100)
    found = (pairs.matchable * pairs.mask).sum((1, 2, 3)) / pairs.mask.sum((1, 2, 3))
    assert found.mean() > 0.75


@pytest.mark.parametrize("task", [ALIGNMENT, REFINEMENT])
def test_pairs_follow_from_the_seed(busy_sources, task):
    first, again, other = (draw(busy_sources, task, SynthesisConfig(), seed=seed) for seed in (7, 7, 8))
    for field in fields(first):
        assert torch.equal(getattr(first, field.name), getattr(again, field.name)), field.name
    assert not torch.equal(first.clean, other.clean)


@pytest.mark.parametrize("task", [ALIGNMENT, REFINEMENT])
def test_pairs_have_the_shapes_and_ranges_promised(busy_sources, task):
    pairs = draw(busy_sources, task, SynthesisConfig(), count=12)
    for name in ("clean", "garbled", "aligned"):
        assert getattr(pairs, name).shape == (12, 3, 48, 48)
    assert pairs.reference.shape == (12, 3, 96, 96)
    assert pairs.match.shape == (12, 48, 48, 2)
    for name in ("clean", "garbled", "aligned", "reference"):
        assert getattr(pairs, name).abs().max() <= 1 + 1e-6
        assert getattr(pairs, name).isfinite().all()
    for name in ("mask", "valid", "matchable"):
        assert getattr(pairs, name).shape == (12, 1, 48, 48)
        assert set(getattr(pairs, name).unique().tolist()) <= {0.0, 1.0}
    assert pairs.match.isfinite().all()


def test_garbling_changes_the_mask_only(busy_sources):
    pairs = draw(busy_sources, ALIGNMENT, SynthesisConfig())
    assert torch.equal(pairs.garbled * (1 - pairs.mask), pairs.clean * (1 - pairs.mask))
    assert (pairs.garbled - pairs.clean).abs().amax((1, 2, 3)).min() > 0.01


def test_decals_are_printed_under_the_mask_and_seen_by_both_views(ramp):
    decal = torch.zeros(1, 4, 16, 16, dtype=torch.uint8)
    decal[:, 2:] = 255  # opaque blue, which no scene is
    pairs = draw(replace(ramp, decals=decal), ALIGNMENT, replace(BARE, decal_share=1), count=24)
    is_blue = (pairs.clean[:, 2:] > 0.9) & (pairs.clean[:, :1] < -0.9)
    printed = (is_blue * pairs.mask).sum((1, 2, 3)) / pairs.mask.sum((1, 2, 3))
    assert (printed > 0.2).float().mean() > 0.7
    assert errors(pairs)[pairs.matchable > 0].quantile(0.9) < 0.05


def test_scenes_without_decals_are_printed_with_nothing(ramp):
    pairs = draw(ramp, ALIGNMENT, replace(BARE, decal_share=1), count=2)
    assert (pairs.clean[:, 2] - (128 / 255 * 2 - 1)).abs().max() < 0.01  # blue is the scene's own everywhere
    assert errors(pairs)[pairs.matchable > 0].quantile(0.97) < 0.03


@pytest.mark.parametrize("side", ["crop", "reference"])
def test_what_is_hidden_in_one_view_has_no_match(ramp, side):
    shares = {f"{side}_occluded_share": 1.0}
    bare, pairs = draw(ramp, ALIGNMENT, BARE), draw(ramp, ALIGNMENT, replace(BARE, **shares))
    assert pairs.matchable.mean() < 0.98 * bare.matchable.mean()
    wrong = errors(pairs)
    inside = (pairs.match.abs().amax(-1) < 1).unsqueeze(1)
    assert wrong[pairs.matchable > 0].quantile(0.97) < 0.03
    hidden = inside & (pairs.matchable == 0)
    assert wrong[hidden].median() > 0.1


def test_things_before_the_crop_leave_most_of_the_mask_in_sight(busy_sources):
    pairs = draw(busy_sources, ALIGNMENT, replace(BARE, crop_occluded_share=1), count=100)
    bare = draw(busy_sources, ALIGNMENT, BARE, count=100)
    seen, all_of_it = ((p.matchable * p.mask).sum() / p.mask.sum() for p in (pairs, bare))
    assert seen > 0.75 * all_of_it


def test_views_of_an_object_are_each_others_references_and_nothing_is_known_to_match():
    colours = torch.tensor([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0]], dtype=torch.uint8)
    images = colours.view(4, 3, 1, 1).repeat(1, 1, 64, 64)
    nothing = torch.zeros(0, 4, 8, 8, dtype=torch.uint8)
    sources = assemble(images, nothing, objects=torch.tensor([0, 0, 1, 1]))
    for task in (MATCHING, ALIGNMENT, REFINEMENT):
        pairs = draw(sources, task, BARE, count=24)
        assert not pairs.matchable.any()
        assert not pairs.valid.any()
        assert not pairs.aligned.any()
        for crop, reference in zip(pairs.clean, pairs.reference, strict=True):
            colour = [tuple((p.mean((1, 2)) > 0).int().tolist()) for p in (crop, reference)]
            assert set(colour) in ({(1, 0, 0), (0, 1, 0)}, {(0, 0, 1), (1, 1, 0)})


def test_the_reference_of_a_masked_view_is_cropped_to_the_object():
    images = torch.zeros(2, 3, 64, 64, dtype=torch.uint8)
    images[:, :, 16:32, 32:48] = 255
    box = torch.tensor([[0.25, -0.25, 0.25, 0.25]]).repeat(2, 1)
    nothing = torch.zeros(0, 4, 8, 8, dtype=torch.uint8)
    sources = assemble(images, nothing, objects=torch.tensor([0, 0]), boxes=box)
    pairs = draw(sources, REFINEMENT, replace(BARE, turn_deg=0, upside_down_share=0), count=8)
    assert (pairs.reference > 0).float().mean((1, 2, 3)).min() > 0.6


def test_single_images_and_views_share_a_batch(busy_sources):
    sources = replace(busy_sources, objects=torch.tensor([-1, -1, -1, -1, 0, 0]))
    paired = draw(sources, ALIGNMENT, BARE, count=60).matchable.amax((1, 2, 3)) == 0
    assert 0.15 < paired.float().mean() < 0.55


def test_effects_of_no_row_and_of_a_single_row_do_no_harm(busy_sources):
    for seed in range(25):
        pairs = draw(
            busy_sources, REFINEMENT, SynthesisConfig(), count=1, seed=seed, crop_px=36, reference_px=44
        )
        assert pairs.clean.isfinite().all()
        assert pairs.reference.shape == (1, 3, 44, 44)


def linked(first, second, matrix, cover=None):
    """Two images of one thing, and how the one lies in the other."""
    whole = np.ones((CELLS, CELLS), np.float32)
    links = make_links([(0, 1, matrix, whole if cover is None else cover)])
    nothing = torch.zeros(0, 4, 8, 8, dtype=torch.uint8)
    return assemble(torch.stack([first, second]), nothing, objects=torch.tensor([0, 0]), links=links)


@pytest.fixture(scope="module")
def other_view(ramp):
    """The ramp in two photos: the second shows in each pixel where in the first it lies."""
    matrix = np.array([[0.9, 0.15, 0.1], [-0.1, 1.1, -0.05], [0.06, -0.1, 1.0]])
    points = warps.apply(torch.from_numpy(np.linalg.inv(matrix)).float()[None], warps.frame(256, CPU)[None])
    seen = ((points[0] + 1) * 128 - 0.5).clamp(0, 255)
    second = torch.cat([seen, torch.full_like(seen[:1], 128)]).round().to(torch.uint8)
    return linked(ramp.images[0], second, matrix)


@pytest.mark.parametrize("task", [MATCHING, ALIGNMENT, REFINEMENT])
@pytest.mark.parametrize("bends", [{}, {"bend_share": 1, "reference_bend_share": 1}], ids=str)
def test_another_photo_shows_at_the_match_what_the_crop_shows(other_view, task, bends):
    pairs = draw(other_view, task, replace(BARE, **bends), count=32)
    # What the ramp of the second photo is clipped at lies outside the first.
    known = (pairs.matchable > 0) & (pairs.clean[:, :2].abs().amax(1, keepdim=True) < 0.9)
    assert known.float().mean() > 0.2
    wrong = errors(pairs)[known]
    assert wrong.quantile(0.95) < 0.04
    moved = errors(replace(pairs, match=pairs.match + 0.05))
    assert moved[known].median() > 0.02


def test_another_photo_is_seen_upright_and_not_through_the_crops_eyes(ramp):
    turned = ramp.images[0].rot90(1, (1, 2))
    matrix = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])  # what was right is up
    straight = replace(BARE, turn_deg=0, upside_down_share=0, tilt=0)
    pairs = draw(linked(ramp.images[0], turned, matrix), ALIGNMENT, straight, count=16)
    rightwards = pairs.match[:, 24, 30] - pairs.match[:, 24, 18]
    assert (rightwards[:, 1].abs() > 5 * rightwards[:, 0].abs()).all()
    assert errors(pairs)[pairs.matchable > 0].quantile(0.95) < 0.04


def test_another_photo_laid_over_the_crop_is_the_crop_but_for_a_small_shift(other_view):
    pairs = draw(other_view, REFINEMENT, BARE, count=32)
    known = (pairs.valid * pairs.matchable > 0) & (pairs.clean[:, :2].abs().amax(1, keepdim=True) < 0.9)
    assert known.float().mean() > 0.2
    assert (pairs.aligned - pairs.clean).abs().amax(1, keepdim=True)[known].median() < 0.06


def test_nothing_matches_where_the_map_of_another_photo_does_not_hold(ramp):
    left = np.zeros((CELLS, CELLS), np.float32)
    left[:, : CELLS // 2] = 1
    sources = linked(ramp.images[0], ramp.images[1], np.eye(3), left)
    pairs = draw(sources, ALIGNMENT, BARE, count=32)
    known = (pairs.matchable > 0).squeeze(1)
    assert known.any()
    assert pairs.clean[:, 0][known].max() < 0.1  # red is x


def test_a_horizon_in_the_crop_does_no_harm(ramp):
    steep = np.array([[1.0, 0, 0], [0, 1, 0], [1.5, 0, 1]])
    for task in (ALIGNMENT, REFINEMENT):
        pairs = draw(linked(ramp.images[0], ramp.images[1], steep), task, BARE, count=32)
        for field in fields(pairs):
            assert getattr(pairs, field.name).isfinite().all(), field.name
