import numpy as np
import pytest
import torch

from artifix.base_models.painting import Job, Sizes, paint_each
from tests.base_models.conftest import canvas

NATIVE = Sizes(40, 200, 8)


@pytest.mark.parametrize(
    ("crop", "painted"),
    [
        ((100, 162), (96, 160)),  # as it is, sides rounded to multiples
        ((300, 150), (200, 96)),  # too large: the longer side at most 200
        ((11, 20), (24, 40)),  # too small: the longer side at least 40
        ((4, 400), (8, 200)),  # a thin one keeps a multiple
    ],
)
def test_a_crop_is_painted_at_a_size_that_the_model_knows(crop, painted):
    assert Sizes(40, 200, 8).fit(*crop) == painted


def test_a_model_that_changes_nothing_leaves_the_covered_crop():
    (picture,) = paint_each(canvas(), NATIVE, [0], lambda job, _: job.start)
    np.testing.assert_allclose(picture, canvas().covered() / 255, atol=1e-6)


def test_the_model_sees_the_paste_where_the_artifact_was():
    seen: list[Job] = []

    def paint(job: Job, _: torch.Generator) -> np.ndarray:
        seen.append(job)
        return job.start

    paint_each(canvas(), NATIVE, [0], paint)
    (job,) = seen
    assert job.mask.shape == (80, 96, 1)
    assert set(np.unique(job.mask)) == {0, 1}
    np.testing.assert_allclose(job.start[40, 55] * 255, [30, 60, 200], atol=0.5)
    np.testing.assert_allclose(job.start[5, 5] * 255, 120, atol=0.5)


def test_what_the_model_shifts_all_over_is_no_change():
    (picture,) = paint_each(canvas(), NATIVE, [0], lambda job, _: job.start + np.float32(0.1))
    np.testing.assert_allclose(picture, canvas().covered() / 255, atol=1e-6)


def test_detail_of_the_paste_survives_a_model_that_works_small():
    fine = canvas(height=400, width=480)
    stripes = np.where(np.arange(480) % 2 < 1, 40, 220).astype(np.float32)
    fine.paste.pixels[:] = stripes[None, :, None]
    fine.mask[150:250, 200:300] = True
    (picture,) = paint_each(fine, Sizes(40, 96, 8), [0], lambda job, _: job.start)
    np.testing.assert_allclose(picture[200, 210:290, 0] * 255, stripes[210:290], atol=0.01)


def test_a_change_is_taken_over_at_the_size_of_the_crop():
    def whiten(job: Job, _: torch.Generator) -> np.ndarray:
        return np.maximum(job.start, job.mask)

    big = canvas(height=240, width=288)
    (picture,) = paint_each(big, Sizes(40, 96, 8), [0], whiten)
    np.testing.assert_allclose(picture[38:44, 52:60], 1, atol=0.02)
    np.testing.assert_allclose(picture[:20] * 255, 120, atol=0.5)


def test_each_seed_has_a_generator_of_its_own_on_the_cpu():
    drawn = []

    def paint(job: Job, generator: torch.Generator) -> np.ndarray:
        drawn.append((generator.device.type, torch.randn(1, generator=generator).item()))
        return job.start

    paint_each(canvas(), NATIVE, [3, 4, 3], paint)
    assert drawn[0] == drawn[2] != drawn[1]
    assert {device for device, _ in drawn} == {"cpu"}


def test_without_a_paste_the_hole_is_painted_over_from_around():
    covered = canvas(with_paste=False).covered()
    np.testing.assert_allclose(covered, 120, atol=5)


def test_a_paste_that_shows_half_the_object_covers_half():
    half = canvas()
    half.paste.foreground[:, :55] = 0
    covered = half.covered()
    np.testing.assert_allclose(covered[40, 45], 120, atol=5)
    np.testing.assert_allclose(covered[40, 65], [30, 60, 200])
