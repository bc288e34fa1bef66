import numpy as np
import pytest
import torch

from artifix.config import RefinementConfig
from artifix.errors import InputError
from tests.base_models.conftest import MAKERS, canvas
from tests.base_models.tiny import klein_folder, sd_folder

FEW = RefinementConfig(steps=2, strength=1.0)


def ignore(done: int, total: int) -> None:
    pass


@pytest.fixture(params=sorted(MAKERS))
def painter(request, painters):
    return painters[request.param]


def test_a_crop_goes_in_and_pictures_of_the_crop_come_out(painter):
    pictures = painter.paint(canvas(), FEW, [1, 2], ignore)
    assert len(pictures) == 2
    for picture in pictures:
        assert (picture.shape, picture.dtype) == ((80, 96, 3), np.float32)
        assert 0 <= picture.min() <= picture.max() <= 1


def test_a_seed_gives_the_same_picture_whatever_the_others_are(painter):
    first, second = painter.paint(canvas(), FEW, [1, 2], ignore)
    (again,) = painter.paint(canvas(), FEW, [2], ignore)
    np.testing.assert_array_equal(second, again)
    assert np.abs(first - second)[canvas().mask].max() > 0


def test_every_step_of_every_seed_is_told(painter):
    told = []
    painter.paint(canvas(), FEW, [1, 2], lambda *step: told.append(step))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_artifact_is_never_seen(painter):
    """A crop whose artifact looks otherwise is painted alike."""
    other = canvas()
    other.crop[other.mask] = [0, 250, 0]
    pictures = [painter.paint(one, FEW, [1], ignore)[0] for one in (canvas(), other)]
    np.testing.assert_array_equal(*pictures)


@pytest.mark.parametrize("part", ["region", "paste"])
def test_the_reference_is_seen(painter, part):
    other = canvas()
    if part == "region":
        other.reference[:] = [200, 180, 10]
    else:
        other.paste.pixels[:] = [200, 180, 10]
    pictures = [
        painter.paint(one, RefinementConfig(steps=2, strength=0.5), [1], ignore)[0]
        for one in (canvas(), other)
    ]
    assert np.abs(pictures[0] - pictures[1])[other.mask].max() > 0


def test_a_part_without_a_paste_is_painted_too(painter):
    (picture,) = painter.paint(canvas(with_paste=False), FEW, [1], ignore)
    assert picture.shape == (80, 96, 3)


def test_less_strength_takes_fewer_steps(painter):
    told = []
    painter.paint(canvas(), RefinementConfig(steps=4, strength=0.5), [1], lambda *step: told.append(step))
    assert told == [(1, 2), (2, 2)]


def test_there_is_a_step_however_little_the_strength(painter):
    for steps in (2, 49):
        told = []
        few = RefinementConfig(steps=steps, strength=0.001)
        painter.paint(canvas(), few, [1], lambda *step: told.append(step))  # noqa: B023
        assert told == [(1, 1)]


def test_what_the_user_does_not_say_is_as_the_model_is_best(painters):
    assert painters["klein"].sampling.chosen(RefinementConfig()).steps == 4
    assert painters["klein"].sampling.chosen(RefinementConfig(steps=2)).steps == 2
    assert painters["sd15-ip"].sampling.settle(RefinementConfig()).strength == 0.4


def test_guidance_is_asked_of_the_model_that_is_not_distilled(tmp_path, load):
    base = load(klein_folder(tmp_path / "base", is_distilled=False))
    assert base.sampling.steps == 28
    assert set(base.prompt) == {"prompt_embeds", "negative_prompt_embeds"}
    pictures = [
        base.paint(canvas(), RefinementConfig(steps=2, strength=1.0, guidance_scale=scale), [1], ignore)[0]
        for scale in (1.0, 4.0)
    ]
    assert np.abs(pictures[0] - pictures[1]).max() > 0


def test_a_pipeline_without_an_adapter_paints_after_the_paste_and_not_without(tmp_path, load):
    plain = load(sd_folder(tmp_path / "plain", with_adapter=False))
    (picture,) = plain.paint(canvas(), FEW, [1], ignore)
    assert picture.shape == (80, 96, 3)
    with pytest.raises(InputError, match="cannot be placed"):
        plain.paint(canvas(with_paste=False), FEW, [1], ignore)


def test_painting_works_in_half_precision(folders, load):
    for folder in folders.values():
        painter = load(folder, dtype=torch.bfloat16)
        assert painter.dtype == torch.bfloat16
        (picture,) = painter.paint(canvas(), FEW, [1], ignore)
        assert np.isfinite(picture).all()
