from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from artifix.network.building import tiny_config
from artifix.network.match_field import Reading, follow, read

SIDE, GRID = 64, 8  # px, cells
CLOSE = 0.06  # of pictures in [-1, 1]; different ones are 0.6 apart, and 0.3 when shifted by half a cell


def smooth_pictures(count=1, seed=0):
    coarse = torch.rand(count, 3, 9, 9, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return functional.interpolate(coarse, (SIDE, SIDE), mode="bicubic").clamp(-1, 1)


def cells(side=GRID):
    line = (torch.arange(side) + 0.5) / side * 2 - 1
    return torch.stack(torch.meshgrid(line, line, indexing="xy"), -1).view(-1, 2)


def logits_to(points, sharpness=40.0):
    """Logits (1, queries, tokens) whose softmax is highest around points (queries, 2)."""
    return -sharpness * torch.cdist(points, cells()).square().unsqueeze(0)


def seen_through(pictures, matrix):
    """The crops that show at p what `pictures` show at `matrix` p."""
    points = cells(SIDE) @ matrix[:, :2].T + matrix[:, 2]
    return functional.grid_sample(
        pictures, points.view(1, SIDE, SIDE, 2).expand(len(pictures), -1, -1, -1), align_corners=False
    )


def read_once(crops, references, logits, known=None):
    """As every look finds the same, seen from the first one's frame."""
    still = logits_to(cells(), 400.0)
    known = torch.ones(len(crops), 1, SIDE, SIDE) if known is None else known
    field = follow(logits, references, SIDE, lambda _: still.expand(len(crops), -1, -1))
    return read(crops, references, known, field)


VIEWS = {
    "same": torch.tensor([[1.0, 0, 0], [0, 1, 0]]),
    "shifted and half as large": torch.tensor([[0.5, 0, 0.2], [0, 0.5, -0.1]]),
    "turned by a right angle": torch.tensor([[0, -0.8, 0.0], [0.8, 0, 0.1]]),
    "mirrored": torch.tensor([[-0.7, 0, 0.0], [0, 0.7, 0]]),
}


@pytest.mark.parametrize("view", VIEWS)
def test_reference_is_read_in_the_frame_of_the_crop(view):
    reference = smooth_pictures()
    crop = seen_through(reference, VIEWS[view])
    points = cells() @ VIEWS[view][:, :2].T + VIEWS[view][:, 2]
    reading = read_once(crop, reference, logits_to(points))
    assert (reading.pictures - crop).abs().mean() < CLOSE
    assert reading.evidence[:, 1].mean() > 0.9


def test_a_third_of_wrong_matches_is_outvoted():
    reference, view = smooth_pictures(), VIEWS["shifted and half as large"]
    points = cells() @ view[:, :2].T + view[:, 2]
    wrong = torch.rand(len(points), generator=torch.Generator().manual_seed(1)) < 0.33
    points[wrong] = torch.rand(int(wrong.sum()), 2, generator=torch.Generator().manual_seed(2)) * 2 - 1
    crop = seen_through(reference, view)
    reading = read_once(crop, reference, logits_to(points))
    assert (reading.pictures - crop).abs().mean() < CLOSE


def test_vague_matches_are_outvoted_by_sharp_ones():
    reference, view = smooth_pictures(), VIEWS["shifted and half as large"]
    points = cells() @ view[:, :2].T + view[:, 2]
    sharpness = torch.full((len(points), 1), 40.0)
    vague = torch.arange(len(points)) % 2 == 0
    points[vague], sharpness[vague] = 0.9, 1.0
    crop = seen_through(reference, view)
    reading = read_once(crop, reference, sharpness * logits_to(points, 1.0))
    assert (reading.pictures - crop).abs().mean() < CLOSE


def test_the_last_look_is_read_in_the_frame_of_the_one_before():
    reference, view = smooth_pictures(), VIEWS["shifted and half as large"]
    crop = seen_through(reference, view)
    off = cells() @ view[:, :2].T + view[:, 2] + 0.1
    shown = []

    def look_again(seen):
        shown.append(seen)
        return logits_to(cells() - 0.1 / 0.5)  # 0.1 too far in the reference is 0.2 in the crop's frame

    known = torch.ones(1, 1, SIDE, SIDE)
    reading = read(crop, reference, known, follow(logits_to(off), reference, SIDE, look_again))
    inner = (slice(None), slice(None), slice(16, -16), slice(16, -16))
    assert len(shown) == 1
    assert (shown[0][inner] - crop[inner]).abs().mean() > 0.08
    assert (reading.pictures[inner] - crop[inner]).abs().mean() < CLOSE


def test_evidence_is_higher_where_matches_agree():
    reference = smooth_pictures()
    points = cells()
    left = points[:, 0] < 0
    scattered = torch.rand(len(points), 2, generator=torch.Generator().manual_seed(3)) * 2 - 1
    mixed = torch.where(left.unsqueeze(1), points, scattered)
    still = logits_to(mixed)
    agreeing, scattered = follow(still, reference, SIDE, lambda _: still).trust.view(GRID, GRID).chunk(2, 1)
    assert agreeing.mean() > 2 * scattered.mean()


def test_beyond_the_reference_nothing_is_inside():
    reference = smooth_pictures()
    points = cells() * 0.5 + torch.tensor([0.75, 0.0])
    sharpness = torch.where(points[:, :1] < 0.8, 40.0, 0.5)  # beyond it nothing is like the crop
    reading = read_once(reference, reference, sharpness * logits_to(points, 1.0))
    inside = reading.evidence[0, 1]
    assert inside[:, : SIDE // 4].all()
    assert not inside[:, -SIDE // 8 :].any()


def test_reading_takes_the_light_of_the_known_part_of_the_crop():
    reference = smooth_pictures()
    crop = (reference * 0.6 + torch.tensor([0.2, -0.1, 0.0]).view(1, 3, 1, 1)).clone()
    known = torch.ones(1, 1, SIDE, SIDE)
    known[:, :, 20:40, 20:40] = 0
    expected = crop.clone()
    crop[:, :, 20:40, 20:40] = 1
    reading = read_once(crop, reference, logits_to(cells(), 400.0), known)
    assert (reading.pictures - expected).abs().mean() < CLOSE


def test_reading_keeps_its_light_where_nothing_is_known():
    reference = smooth_pictures()
    nothing = torch.zeros(1, 1, SIDE, SIDE)
    reading = read_once(-reference, reference, logits_to(cells(), 400.0), nothing)
    assert (reading.pictures - reference).abs().mean() < CLOSE


def test_readings_of_a_batch_are_those_of_its_rows():
    references = smooth_pictures(3)
    views = list(VIEWS.values())[:3]
    crops = torch.cat([seen_through(references[i : i + 1], view) for i, view in enumerate(views)])
    logits = torch.cat([logits_to(cells() @ view[:, :2].T + view[:, 2]) for view in views])
    whole = read_once(crops, references, logits)
    for i in range(3):
        row = read_once(crops[i : i + 1], references[i : i + 1], logits[i : i + 1])
        assert torch.allclose(whole.pictures[i], row.pictures[0], atol=1e-4)


def test_reading_says_nothing_about_not_a_number():
    reference = smooth_pictures()
    flat = torch.zeros(1, GRID**2, GRID**2)
    reading = read_once(reference, reference, flat)
    assert reading.pictures.isfinite().all()
    assert reading.evidence.isfinite().all()


def test_no_gradient_goes_through_a_reading():
    reference = smooth_pictures()
    logits = logits_to(cells()).requires_grad_()
    assert not read_once(reference, reference, logits).pictures.requires_grad


def test_folded_reading_holds_pixels_and_evidence():
    pictures, evidence = torch.rand(2, 3, 32, 32), torch.rand(2, 2, 32, 32)
    folded = Reading(pictures, evidence).folded(8)
    assert folded.shape == (2, 3 * 64 + 2, 4, 4)
    assert torch.equal(folded[0, :192, 1, 2].view(3, 8, 8), pictures[0, :, 8:16, 16:24])
    assert torch.allclose(folded[1, 192, 3, 0], evidence[1, 0, 24:32, 0:8].mean())


@pytest.mark.parametrize(("trust", "share"), [(0.1, 0.0), (0.25, 0.0), (0.5, 0.5), (0.75, 1.0), (0.9, 1.0)])
def test_the_more_a_field_is_trusted_the_more_is_copied(trust, share):
    evidence = torch.ones(1, 2, 8, 8)
    evidence[:, 0] = trust
    evidence[:, 1, :, 6:] = 0
    found = Reading(torch.zeros(1, 3, 8, 8), evidence).share
    assert found[..., :6] == pytest.approx(share, abs=1e-6)
    assert not found[..., 6:].any()  # beyond the reference


def sure(comparison, share=1.0):
    return replace(comparison, share=torch.full_like(comparison.share, share))


@torch.no_grad()
def test_what_is_copied_is_the_reading_in_the_mask_alone(tiny):
    network, at = tiny.network, torch.zeros(2, dtype=torch.int64)
    comparison = sure(network.compare(tiny.crop, tiny.reference, tiny.mask))
    condition = network.condition(tiny.crop, tiny.mask, comparison)
    clean = network.denoiser.predict_clean(condition.start, at, condition)
    cells = functional.max_pool2d(tiny.mask, 4)
    assert torch.allclose(clean, torch.where(cells > 0, condition.copied, condition.start), atol=1e-5)
    pixels = functional.pixel_shuffle(condition.copied, 4)
    assert torch.allclose(pixels, comparison.copied, atol=1e-6)


@torch.no_grad()
def test_nothing_is_copied_where_an_aligned_reference_shows(tiny):
    comparison = sure(tiny.network.compare(tiny.crop, tiny.reference, tiny.mask))
    condition = tiny.network.condition(tiny.crop, tiny.mask, comparison, tiny.aligned, tiny.valid)
    shown = functional.max_pool2d(tiny.valid, 4) > 0
    assert not condition.share[shown].any()
    assert condition.share[~shown & (condition.mask > 0)].min() == 1


@torch.no_grad()
def test_references_are_read_only_for_what_is_to_be_painted(tiny):
    looked = tiny.network.compare(tiny.crop, tiny.reference)
    assert looked.readings == looked.skips == ()
    assert looked.share is None
    painted = tiny.network.compare(tiny.crop, tiny.reference, tiny.mask)
    assert [part.shape for part in painted.readings] == [part.shape for part in painted.features]
    assert all(part.shape[-1] == tiny.crop.shape[-1] // 4 for part in painted.skips)


@torch.no_grad()
def test_reading_reaches_the_decoder_and_the_depth_of_the_unet(new_case):
    torch.manual_seed(0)
    case = new_case(tiny_config())
    torch.nn.init.normal_(case.network.unet.conv_out.weight)
    condition, at = case.condition(), torch.zeros(2, dtype=torch.int64)

    def painted(seen):
        return case.network.denoiser.predict_clean(seen.start, at, seen)

    silent = {name: tuple(part * 0 for part in getattr(condition, name)) for name in ("readings", "skips")}
    unread = painted(replace(condition, **silent))
    assert torch.allclose(unread, painted(replace(condition, readings=(), skips=())), atol=1e-5)
    for name in silent:
        assert not torch.allclose(
            painted(replace(condition, **{name: silent[name]})), painted(condition), atol=1e-4
        )


@torch.no_grad()
def test_unconditional_branch_reads_nothing(tiny):
    blind = tiny.condition().without_tokens()
    assert not any(part.any() for part in (blind.tokens, *blind.readings, *blind.skips, blind.share))
