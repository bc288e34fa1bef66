import shlex
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from artifix.cli.options import as_option
from artifix.config import CommandConfig, RunConfig
from artifix.errors import InputError, WeightsError
from artifix.ui.answers import answer_of_search, answers_of_repair
from artifix.ui.command_line import Spoken
from artifix.ui.jobs import Jobs, Wishes
from artifix.ui.limits import JobEndedError, Limits


def nobody(stage, done, total):
    """Progress that nobody looks at."""


@pytest.fixture
def jobs(loaded, tiny_weights):
    return Jobs(loaded, CommandConfig(run=RunConfig(weights=str(tiny_weights), device="cpu")))


@pytest.fixture
def spoken(tiny_weights):
    return Spoken(as_option, ("--weights", str(tiny_weights), "--device", "cpu"))


@pytest.mark.parametrize("region", ["", "120,110,230,200"])
def test_the_command_gives_the_bytes_of_the_page(
    jobs, spoken, equipped, pictures, artifix, monkeypatch, region
):
    refined = jobs.refine(equipped, pictures.mask, Wishes(region, force=True, seed=3, variants=2), nobody)
    answers = answers_of_repair(refined, equipped, spoken)
    assert [answer.caption for answer in answers] == ["seed 3", "seed 4"]
    monkeypatch.chdir(equipped.folder)
    for answer in answers:
        words = shlex.split(answer.command)
        assert ("--region" in words) == bool(region)
        run = artifix(*words[1:], "--overwrite")
        assert run.code == 0, run.err
        made = (equipped.folder / "result" / "refined.png").read_bytes()
        assert made == answer.picture.read_bytes()


def test_a_mask_is_proposed_where_image_and_reference_disagree(jobs, equipped, pictures):
    proposed = jobs.propose(equipped)
    assert proposed.mask.shape == pictures.mask.shape
    both = (proposed.mask & pictures.mask).sum()
    assert both > 0.4 * (proposed.mask | pictures.mask).sum()
    assert "proposed" in proposed.note


def test_nothing_is_proposed_before_both_pictures_are_there(jobs, visitor, pictures):
    visitor.take_image(pictures.image)
    with pytest.raises(InputError) as caught:
        jobs.propose(visitor)
    assert caught.value.hint == "drop the image and a reference first"


def test_a_repair_takes_up_what_was_located_and_is_the_same(jobs, spoken, equipped, pictures, monkeypatch):
    wishes = Wishes(force=True)
    anew = jobs.refine(equipped, pictures.mask, wishes, nobody)
    jobs.locate(equipped, pictures.mask, wishes, nobody)
    monkeypatch.setattr("artifix.repair.case.search", None)  # so that a second search would fail
    again = jobs.refine(equipped, pictures.mask, wishes, nobody)
    assert again.variants[0].done.picture.data == anew.variants[0].done.picture.data


def test_another_mask_is_searched_anew(jobs, equipped, pictures, monkeypatch):
    jobs.locate(equipped, pictures.mask, Wishes(force=True), nobody)
    monkeypatch.setattr("artifix.repair.case.search", None)
    with pytest.raises(TypeError):
        jobs.refine(equipped, np.roll(pictures.mask, 9, 0), Wishes(force=True), nobody)


def test_pixels_outside_the_mask_are_those_of_the_image(jobs, equipped, pictures, spoken):
    refined = jobs.refine(equipped, pictures.mask, Wishes(force=True), nobody)
    answer = answers_of_repair(refined, equipped, spoken)[0]
    before, after = (np.asarray(Image.open(path)) for path in (pictures.image, answer.picture))
    assert (before[~pictures.mask] == after[~pictures.mask]).all()
    assert (before[pictures.mask] != after[pictures.mask]).any()


@pytest.mark.slow
def test_of_several_references_the_one_used_is_shown(jobs, spoken, equipped, pictures, label, tmp_path):
    other = tmp_path / "other.png"
    Image.fromarray(label(9)).save(other)
    equipped.take_references([other, pictures.reference])
    found = jobs.locate(equipped, pictures.mask, Wishes(), nobody)
    answer = answer_of_search(found, equipped, spoken)
    assert answer.shown == 1
    assert "ref.png" in answer.text
    assert answer.picture.shape == (300, 320, 3)
    left, top, right, bottom = map(int, answer.region.split(","))
    assert 0 <= left < right <= 320
    assert 0 <= top < bottom <= 300


def test_a_region_that_was_drawn_is_of_the_reference_that_is_shown(jobs, equipped, pictures, label, tmp_path):
    other = tmp_path / "other.png"
    Image.fromarray(label(9)).save(other)
    equipped.take_references([other, pictures.reference])
    equipped.shown = 1
    found = jobs.locate(equipped, pictures.mask, Wishes("120,110,230,200"), nobody)
    assert [place.name for place in found.request.references] == ["ref.png"]
    assert found.done.record["by_hand"] == {"region": [120, 110, 230, 200]}


def test_a_job_ends_when_its_visitor_stops_it(jobs, equipped, pictures):
    def stop(stage, done, total):
        equipped.stop.set()

    with pytest.raises(JobEndedError, match="stopped"):
        jobs.locate(equipped, pictures.mask, Wishes(), stop)
    jobs.locate(equipped, pictures.mask, Wishes(), nobody)  # the next one is not stopped


def test_a_job_ends_when_its_time_is_over(jobs, equipped, pictures):
    equipped.limits = replace(Limits(), time_limit=0)
    with pytest.raises(JobEndedError, match="took longer than 0 s"):
        jobs.locate(equipped, pictures.mask, Wishes(), nobody)


def test_what_is_missing_is_told(jobs, visitor, pictures):
    with pytest.raises(InputError, match="there is no image"):
        jobs.locate(visitor, pictures.mask, Wishes(), nobody)
    visitor.take_image(pictures.image)
    with pytest.raises(InputError, match="there is no reference"):
        jobs.locate(visitor, pictures.mask, Wishes(), nobody)


def test_weights_that_could_not_be_loaded_are_told_to_who_waits(equipped, pictures):
    broken = Future()
    broken.set_exception(WeightsError("unet: is changed"))
    with pytest.raises(WeightsError, match="is changed"):
        Jobs(broken, CommandConfig()).locate(equipped, pictures.mask, Wishes(), nobody)


@pytest.mark.slow
def test_few_searches_are_kept_and_none_of_who_left(jobs, equipped, pictures):
    for seed in range(6):
        jobs.locate(equipped, pictures.mask, Wishes(seed=seed), nobody)
    assert len(jobs._found) == 4
    jobs.forget(equipped)
    assert not jobs._found
