from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, DDIMScheduler
from PIL import Image
from transformers import Dinov2Config, Dinov2Model

from artifix.alignment.stored import describe
from artifix.config import RefineConfig, override
from artifix.errors import NoMatchError, UsageError
from artifix.geometry import box_of
from artifix.inputs.arrays import case_from_arrays
from artifix.inputs.hint import Hint
from artifix.inputs.stored_alignment import StoredAlignment
from artifix.network.projection import Projection
from artifix.pipeline import RefineByAlignPipeline
from artifix.repair.record import groups_of

QUICK = override(RefineConfig(), steps=1, zoom=False, force=True)
RIGHT, DOWN = 30, 18  # the image is the reference from here on
NINTH = "up_blocks.1.attentions.2"


def pipeline_of(network) -> RefineByAlignPipeline:
    return RefineByAlignPipeline(
        unet=network.unet,
        image_encoder=network.image_encoder,
        projection=network.projection,
        codec=network.codec,
        scheduler=network.scheduler,
        detail_encoder=network.detail_encoder,
    )


@pytest.fixture(scope="module")
def pipeline(tiny_network):
    return pipeline_of(tiny_network)


@pytest.fixture(scope="module")
def reference(scene):
    return scene(200, 230)


@pytest.fixture(scope="module")
def mask():
    """Two parts that are far from each other."""
    mask = np.zeros((140, 170), bool)
    mask[30:50, 20:50] = True
    mask[95:110, 120:140] = True
    return mask


def case_of(reference, mask, dtype=np.uint8):
    """The image is a part of the reference, black in its mask."""
    part = reference[DOWN : DOWN + mask.shape[0], RIGHT : RIGHT + mask.shape[1]]
    image = np.where(mask[..., None], 0, part).astype(dtype)
    return case_from_arrays(image * 257 + 1 if dtype == np.uint16 else image, mask, reference)


@pytest.fixture(scope="module")
def case(reference, mask):
    return case_of(reference, mask)


@pytest.fixture(scope="module")
def refined(pipeline, case):
    return pipeline.refine(case, QUICK)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_outside_the_mask_every_sample_stays(pipeline, reference, mask, dtype):
    case = case_of(reference, mask, dtype)
    result = pipeline.refine(case, QUICK)
    assert result.refined.dtype == dtype
    assert np.array_equal(result.refined[~mask], case.image.pixels[~mask])
    assert (result.refined[mask] != case.image.pixels[mask]).any(1).mean() > 0.9


def test_what_is_transparent_in_the_reference_is_not_pasted(pipeline, reference, mask):
    """The colour of transparent pixels is anything: here stripes."""
    alpha = np.full(reference.shape[:2], 255, np.uint8)
    alpha[DOWN + 30 : DOWN + 50, RIGHT + 20 : RIGHT + 50] = 0  # one of both parts
    stripes = np.where(np.arange(reference.shape[1]) % 8 < 4, 0, 255)[:, None]
    hidden = np.where(alpha[..., None] == 0, stripes, reference).astype(np.uint8)
    points = np.array([[x, y, x + RIGHT, y + DOWN] for x, y in ((0, 0), (160, 0), (0, 130), (160, 130))])
    case = replace(case_of(reference, mask), hint=Hint(points=points.astype(np.float64)))
    known = pipeline.locate(case, QUICK)
    pasted, kept = (
        pipeline.refine(case_from_arrays(case.image.pixels, mask, other), QUICK, located=known).refined
        for other in (hidden, np.dstack([hidden, alpha]))
    )
    upper, lower = mask.copy(), mask.copy()
    upper[70:], lower[:70] = False, False
    assert pasted[upper].std() > 80
    assert kept[upper].std() < 40
    assert np.array_equal(pasted[lower], kept[lower])


def test_the_inputs_are_left_as_they_are(pipeline, reference, mask):
    case = case_of(reference, mask)
    before = case.image.pixels.copy(), case.blend.copy(), case.reference.pixels.copy()
    pipeline.refine(case, QUICK)
    after = case.image.pixels, case.blend, case.reference.pixels
    assert all(map(np.array_equal, before, after))


def test_each_mask_group_is_found_and_repaired(refined, reference, mask):
    assert len(refined.alignments) == len(groups_of(refined)) == 2
    assert [group["mask_pixels"] for group in groups_of(refined)] == [600, 300]
    for alignment, group in zip(refined.alignments, groups_of(refined), strict=True):
        box = box_of(alignment.mask)
        there = box_of(alignment.region)
        assert (there.left - box.left, there.top - box.top) == pytest.approx((RIGHT, DOWN), abs=1)
        assert group["source"] == "sift"
        assert group["box"] == list(alignment.box.as_tuple())
        assert np.array(group["transform"]).shape == (3, 3)
    truth = reference[DOWN : DOWN + 140, RIGHT : RIGHT + 170]
    inner = mask & np.roll(mask, 3, 0) & np.roll(mask, -3, 0) & np.roll(mask, 3, 1) & np.roll(mask, -3, 1)
    wrong = np.abs(refined.refined.astype(int) - truth)[inner]
    assert wrong.mean() < 6  # an untrained network leaves the careful paste


def test_a_faint_mask_means_the_same_as_a_white_one(pipeline, reference, mask, refined):
    image = case_of(reference, mask).image.pixels
    faint = pipeline.refine(case_from_arrays(image, mask * np.float32(0.3), reference), QUICK).refined
    assert np.array_equal(faint, refined.refined)


def test_a_soft_mask_is_located_by_its_core_and_blends_around_it(pipeline, reference, mask, refined):
    case = case_of(reference, mask)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 3)
    soft[soft < 0.01] = 0
    result = pipeline.refine(case_from_arrays(case.image.pixels, soft, reference), QUICK)
    assert [group["source"] for group in groups_of(result)] == ["sift", "sift"]
    for group, known in zip(groups_of(result), groups_of(refined), strict=True):
        assert group["mask_pixels"] == pytest.approx(known["mask_pixels"], rel=0.1)
    assert np.array_equal(result.refined[soft == 0], case.image.pixels[soft == 0])
    inner = cv2.erode(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert np.abs(result.refined.astype(int) - refined.refined)[inner].mean() < 3
    tail = (soft > 0) & ~mask
    truth = reference[DOWN : DOWN + 140, RIGHT : RIGHT + 170]
    assert np.abs(result.refined.astype(int) - truth)[tail].mean() < 3


def test_the_threshold_of_the_mask_is_a_setting(pipeline, reference, mask):
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 3)
    soft[soft < 0.01] = 0
    case = case_from_arrays(case_of(reference, mask).image.pixels, soft, reference)
    sizes = [
        sum(a.mask.sum() for a in pipeline.locate(case, override(QUICK, mask_threshold=share)).alignments)
        for share in (0.2, 0.8)
    ]
    assert sizes[0] > 1.2 * sizes[1]


def test_a_grey_image_stays_grey(pipeline, reference, mask):
    case = case_of(reference, mask)
    grey = np.asarray(Image.fromarray(case.image.pixels).convert("L"))
    result = pipeline.refine(case_from_arrays(grey, mask, reference), QUICK)
    assert np.array_equal(result.refined, np.repeat(result.refined[..., :1], 3, axis=2))
    assert result.refined[mask].mean() > 50


def test_the_repaired_part_takes_up_the_grain_of_the_image(pipeline, mask):
    soft = np.random.default_rng(0).uniform(60, 190, (8, 8, 3)).astype(np.float32)
    reference = cv2.resize(soft, (230, 200), interpolation=cv2.INTER_CUBIC).clip(40, 215).astype(np.uint8)
    case = case_of(reference, mask)
    noise = np.random.default_rng(1).normal(0, 9, case.image.pixels.shape)
    image = (case.image.pixels + np.where(mask[..., None], 0, noise)).clip(0, 255).astype(np.uint8)
    points = np.array([[x, y, x + RIGHT, y + DOWN] for x, y in ((0, 0), (160, 0), (0, 130), (160, 130))])
    grainy = replace(case_from_arrays(image, mask, reference), hint=Hint(points=points.astype(np.float64)))
    known = pipeline.locate(grainy, QUICK)
    with_it = pipeline.refine(grainy, QUICK, located=known)
    without = pipeline.refine(grainy, override(QUICK, grain=False), located=known)
    assert [group["grain"] for group in groups_of(without)] == [0.0, 0.0]
    assert [group["grain"] for group in groups_of(with_it)] == pytest.approx([9, 9], abs=2)
    assert np.array_equal(with_it.refined[~mask], image[~mask])
    added = with_it.refined.astype(float) - without.refined
    assert added[34:46, 24:46].std() == pytest.approx(9, abs=2)


def test_called_with_pictures_it_repairs_as_with_a_case(pipeline, case, mask, refined):
    image, reference = case.image.pixels, case.reference.pixels
    told = []
    settings = {"steps": 1, "zoom": False, "force": True}
    alone = pipeline(
        image, mask, Image.fromarray(reference), progress=lambda *it: told.append(it), **settings
    )
    assert np.array_equal(alone.refined, refined.refined)
    assert told[0] == ("align", 0, 2)
    grey = np.full((90, 90, 3), 128, np.uint8)
    assert np.array_equal(pipeline(image, mask, [grey, reference], **settings).refined, refined.refined)


def test_called_with_what_contradicts_itself_it_refuses(pipeline, case, mask):
    given = case.image.pixels, mask, case.reference.pixels
    with pytest.raises(UsageError, match="unknown setting weights"):
        pipeline(*given, weights="artifix-small")
    with pytest.raises(UsageError, match="force takes any match"):
        pipeline(*given, force=True, strict=True)


def test_locating_describes_the_same_groups(pipeline, case, refined):
    located = pipeline.locate(case, QUICK)
    assert [group | {"seed": 0, "grain": 0.0} for group in groups_of(located)] == groups_of(refined)
    assert np.array_equal(located.alignments[0].correspondence, refined.alignments[0].correspondence)
    assert located.timings["align_s"] > 0
    assert "sample_s" not in located.timings


def test_both_stages_are_timed_and_told(pipeline, case):
    told = []
    result = pipeline.refine(case, QUICK, lambda *event: told.append(event))
    assert set(result.timings) == {"align_s", "sample_s"}
    assert min(result.timings.values()) > 0
    assert [event for event in told if event[0] == "align"] == [("align", i, 2) for i in range(3)]
    assert [event for event in told if event[0] == "sample"] == [("sample", 1, 2), ("sample", 2, 2)]


def test_of_several_candidates_the_chosen_one_agrees_best(pipeline, case):
    result = pipeline.refine(case, override(QUICK, candidates=3, seed=5))
    for group in groups_of(result):
        assert [candidate["seed"] for candidate in group["candidates"]] == [5, 6, 7]
        best = max(group["candidates"], key=lambda candidate: candidate["agreement"])
        assert group["seed"] in [
            c["seed"] for c in group["candidates"] if c["agreement"] == best["agreement"]
        ]


def test_saved_and_loaded_it_gives_the_same(pipeline, case, refined, tmp_path):
    pipeline.save_pretrained(tmp_path, safe_serialization=True)
    loaded = RefineByAlignPipeline.from_pretrained(tmp_path, local_files_only=True)
    again = loaded.refine(case, QUICK)
    assert np.array_equal(again.refined, refined.refined)
    assert groups_of(again) == groups_of(refined)
    assert loaded.config.alignment_layer == pipeline.config.alignment_layer
    assert loaded.config.confidence_odds == pipeline.config.confidence_odds
    assert loaded.config.residual


def test_half_precision_weights_are_loaded_in_one_precision(tiny_weights):
    loaded = RefineByAlignPipeline.from_pretrained(tiny_weights, local_files_only=True)
    assert {part.dtype for part in loaded.network.parts} == {torch.float32}


def test_a_reference_without_a_match_is_refused(pipeline, case, mask):
    grey = case_from_arrays(case.image.pixels, mask, np.full((90, 90, 3), 128, np.uint8))
    config = override(RefineConfig(), transform=False)
    with pytest.raises(NoMatchError, match="nothing in the reference matches"):
        pipeline.refine(grey, config)
    with pytest.raises(NoMatchError, match="nothing in the reference matches") as caught:
        pipeline.locate(grey, config)
    found = caught.value.found  # the best guess, to be looked at
    assert len(found.alignments) == 2
    assert found.alignments[0].region.any()
    assert found.timings["align_s"] > 0
    with pytest.raises(NoMatchError, match="nothing in the reference matches"):
        pipeline.refine(grey, config, located=found)
    assert pipeline.refine(grey, override(config, force=True), located=found).refined.shape == (140, 170, 3)


def test_a_search_refuses_nothing_but_says_so(pipeline, case, mask):
    grey = case_from_arrays(case.image.pixels, mask, np.full((90, 90, 3), 128, np.uint8))
    assert "nothing in the reference matches" in pipeline.search(grey, RefineConfig()).refusal.problem
    assert pipeline.search(grey, QUICK).refusal is None
    best, found = pipeline.search_best([grey, grey], RefineConfig())
    assert "none of 2 references" in found[best].refusal.problem
    best, found = pipeline.search_best([grey, case], RefineConfig())
    assert (best, found[1].refusal) == (1, None)


def test_a_thin_part_that_is_not_found_is_filled_and_taken_back_so(pipeline, case, mask, tmp_path):
    thin = np.zeros_like(mask)
    thin[60, 20:140] = True
    grey = case_from_arrays(case.image.pixels, thin, np.full((90, 90, 3), 128, np.uint8))
    result = pipeline.refine(grey, RefineConfig())
    assert groups_of(result)[0]["placed"] == "filled"
    assert np.array_equal(result.filled, thin)
    assert "too small or thin" in result.notes[0]
    assert np.array_equal(result.refined[~thin], case.image.pixels[~thin])
    assert (result.refined[thin] != case.image.pixels[thin]).any(1).mean() > 0.9
    stored = StoredAlignment(tmp_path, [describe(a) for a in result.alignments], {}, None, "")
    again = pipeline.refine(grey, RefineConfig(), located=pipeline.restore(grey, stored, RefineConfig()))
    assert np.array_equal(again.refined, result.refined)


def test_specks_are_filled_and_refuse_nothing(pipeline, case, mask):
    specked = mask.copy()
    specked[5, 160] = True
    result = pipeline.refine(case_from_arrays(case.image.pixels, specked, case.reference.pixels), QUICK)
    assert np.array_equal(result.filled, specked & ~mask)
    assert len(result.alignments) == 2
    assert np.array_equal(result.refined[~specked], case.image.pixels[~specked])


def test_without_xfeat_the_parts_are_found_and_repaired(pipeline, case, reference, mask, lacking):
    config = override(QUICK, force=False)
    located = pipeline.locate(case, config)
    assert {group["matchers"]["xfeat"] for group in groups_of(located)} <= {"not installed", "not needed"}
    for alignment in located.alignments:
        box, there = box_of(alignment.mask), box_of(alignment.region)
        assert (there.left - box.left, there.top - box.top) == pytest.approx((RIGHT, DOWN), abs=1)
    result = pipeline.refine(case, config, located=located)
    truth = reference[DOWN : DOWN + 140, RIGHT : RIGHT + 170]
    assert np.abs(result.refined.astype(int) - truth)[mask].mean() < 10
    assert np.array_equal(result.refined[~mask], case.image.pixels[~mask])


def test_without_xfeat_a_part_that_is_placed_roughly_is_repaired(pipeline, case, mask, lacking):
    """Plain descriptors tell then where image and reference show the same."""
    config = override(QUICK, matchers=["attention"])
    located = pipeline.search(case, config)
    assert "rough" in {alignment.placed for alignment in located.alignments}
    result = pipeline.refine(case, config, located=located)
    assert np.array_equal(result.refined[~mask], case.image.pixels[~mask])
    assert (result.refined[mask] != case.image.pixels[mask]).any(1).mean() > 0.9


def test_a_mirrored_reference_is_used_only_where_that_is_allowed(pipeline, case, reference, mask):
    mirror = case_from_arrays(case.image.pixels, mask, reference[:, ::-1].copy())
    config = override(QUICK, force=False)
    assert pipeline.locate(mirror, config).alignments[0].mirrored
    with pytest.raises(NoMatchError, match="shows the masked part mirrored"):
        pipeline.refine(mirror, config)
    result = pipeline.refine(mirror, override(config, allow_mirror=True))
    truth = reference[DOWN : DOWN + 140, RIGHT : RIGHT + 170]
    assert np.abs(result.refined.astype(int) - truth)[mask].mean() < 10


def test_an_unknown_layer_is_refused(pipeline, case):
    with pytest.raises(UsageError, match="no such layer"):
        pipeline.locate(case, override(QUICK, layer="mid_block.attentions.5"))


def test_the_paper_path_needs_no_transform(pipeline, case, mask):
    result = pipeline.refine(case, override(QUICK, transform=False, aligned_reference=False))
    assert np.array_equal(result.refined[~mask], case.image.pixels[~mask])
    assert {group["source"] for group in groups_of(result)} == {"correspondence"}
    assert {group["transform"] for group in groups_of(result)} == {None}


@pytest.fixture(scope="module")
def full_shaped(new_sd_unet):
    """Shaped as Stable Diffusion 1.x inpainting with DINOv2, at a tenth of the widths, random."""
    torch.manual_seed(0)
    unet = new_sd_unet()
    codec = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        norm_num_groups=4,
        latent_channels=4,
    )
    encoder = Dinov2Config(
        image_size=32, patch_size=2, hidden_size=16, num_hidden_layers=1, num_attention_heads=2
    )
    return RefineByAlignPipeline(
        unet=unet.eval(),
        image_encoder=Dinov2Model(encoder).eval(),
        projection=Projection(16, 24).eval(),
        codec=codec.eval(),
        scheduler=DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"),
        alignment_layer=NINTH,
        alignment_timestep=0,
        residual=False,
    )


def test_the_full_size_architecture_goes_through_both_stages(full_shaped, case, mask):
    located = full_shaped.locate(case, QUICK)
    assert {alignment.layer for alignment in located.alignments} == {NINTH}
    result = full_shaped.refine(case, override(QUICK, steps=2, guidance_scale=2.0))
    assert np.array_equal(result.refined[~mask], case.image.pixels[~mask])
    assert (result.refined[mask] != case.image.pixels[mask]).any(1).mean() > 0.9


def test_the_full_size_architecture_goes_the_paper_path(full_shaped, case, mask):
    paper = override(QUICK, transform=False, aligned_reference=False, layer="mid_block.attentions.0")
    result = full_shaped.refine(case, replace(paper, seed=1))
    assert np.array_equal(result.refined[~mask], case.image.pixels[~mask])
    assert {group["layer"] for group in groups_of(result)} == {"mid_block.attentions.0"}


def test_the_full_size_architecture_is_saved_without_a_detail_encoder(full_shaped, case, tmp_path):
    full_shaped.save_pretrained(tmp_path, safe_serialization=True)
    loaded = RefineByAlignPipeline.from_pretrained(tmp_path, local_files_only=True)
    assert loaded.detail_encoder is None
    assert not loaded.config.residual
    before, after = (p.refine(case, QUICK).refined for p in (full_shaped, loaded))
    assert np.array_equal(before, after)


def test_the_odds_of_the_weights_decide_how_confident_they_are(tiny_network, reference, mask):
    case = case_of(reference, mask)
    blind = override(QUICK, transform=False)
    confidences = []
    for bias in (-5.0, 5.0):
        pipeline = pipeline_of(tiny_network)
        pipeline.register_to_config(confidence_odds=[0.0, 0.0, bias])
        confidences.append(pipeline.locate(case, blind).alignments[0].confidence)
    assert confidences[0] < 0.2
    assert confidences[1] > 0.9
