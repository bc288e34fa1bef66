"""`artifix locate --stages`: a picture of each step of the alignment."""

import cv2
import numpy as np
import pytest

from artifix.outputs.save import RESULT_FILES, STAGES, stage_file
from artifix.repair import stage_pictures as repair_stages

PICTURES = {stage_file(stage, 0) for stage in STAGES}


def written(files):
    return {path.name for path in files.out.iterdir()}


def test_every_step_has_its_picture(artifix, files, pipeline):
    run = artifix("locate", *files.arguments(), "--stages")
    assert run.code == 0
    assert written(files) == (RESULT_FILES - {"refined.png"}) | PICTURES
    for name in PICTURES:
        assert min(cv2.imread(str(files.out / name)).shape[:2]) > 100


def test_without_the_option_there_are_none(artifix, files, pipeline):
    artifix("locate", *files.arguments())
    assert not written(files) & PICTURES


def test_the_files_are_told(artifix, files, pipeline):
    assert '"stage-1-map.png"' in artifix("locate", *files.arguments(), "--stages", "--json").out


def test_refine_has_no_such_option(artifix, files, pipeline):
    assert artifix("refine", *files.arguments(), "--stages").code == 2


def test_further_parts_of_the_mask_have_numbered_pictures(artifix, files, pipeline):
    pipeline.parts = 3
    artifix("locate", *files.arguments(), "--stages")
    assert {name for name in written(files) if name.startswith("stage")} == {
        stage_file(stage, group) for stage in STAGES for group in range(3)
    }


def test_without_a_transform_there_is_no_overlay_and_a_note_says_so(artifix, files, pipeline):
    pipeline.transforms, pipeline.parts = False, 2
    run = artifix("locate", *files.arguments(), "--stages")
    missing = {stage_file("5-overlay", 0), stage_file("5-overlay", 1)}
    assert "stage-5-overlay.png, stage-5-overlay-2.png: left out, as there is no transform\n" in run.err
    assert not written(files) & missing
    assert written(files) >= PICTURES - missing


def test_the_note_is_silent_if_all_are_there(artifix, files, pipeline):
    assert "left out" not in artifix("locate", *files.arguments(), "--stages").err


@pytest.mark.parametrize("parts", [1, 3])
def test_a_run_without_stages_overwrites_one_with_them(artifix, files, pipeline, parts):
    pipeline.parts = parts
    artifix("locate", *files.arguments(), "--stages")
    pipeline.parts = 1
    assert artifix("locate", *files.arguments()).code == 7
    assert artifix("locate", *files.arguments(), "--overwrite").code == 0
    assert not {name for name in written(files) if name.startswith("stage")}


def test_refine_overwrites_a_result_with_stages(artifix, files, pipeline):
    artifix("locate", *files.arguments(), "--stages")
    assert artifix("refine", *files.arguments(), "--overwrite").code == 0
    assert written(files) == RESULT_FILES


def test_the_reference_is_shown_where_the_transform_lays_it(artifix, files, pipeline, monkeypatch):
    given = {}
    monkeypatch.setattr(
        repair_stages, "comparison_sheet", lambda *pictures: given.update(pictures=pictures) or pictures[0]
    )
    artifix("locate", *files.arguments(), "--stages")
    image, warped, valid, mask, said = given["pictures"]
    difference = np.abs(image.astype(int) - warped).mean(2)
    assert valid.all()
    assert difference[~mask].mean() < 3 < difference[mask].mean()  # the artifact alone differs
    assert "sift, similarity" in said


def test_matches_are_told_apart_by_the_transform(artifix, files, pipeline, monkeypatch):
    given = []
    monkeypatch.setattr(repair_stages, "matches_sheet", lambda *parts: given.append(parts[4]) or parts[0])
    artifix("locate", *files.arguments(), "--stages")
    pipeline.transforms = False
    artifix("locate", *files.arguments(), "--stages", "--overwrite")
    ((with_one,), (without,)) = given
    assert with_one.agrees.tolist() == [True, True, True]
    assert without.agrees is None


def test_a_run_that_sought_no_matches_says_so(artifix, files, pipeline, monkeypatch):
    said = []
    monkeypatch.setattr(repair_stages, "matches_sheet", lambda *parts: said.append(parts[5]) or parts[0])
    pipeline.transforms, pipeline.matches = False, ()
    artifix("locate", *files.arguments(), "--stages")
    assert said == ["no matches were sought"]


@pytest.mark.parametrize(
    ("source", "told"),
    [("region", "given by hand"), ("correspondence", "the largest cluster: there is no transform")],
)
def test_the_region_says_whence_it_is(artifix, files, pipeline, monkeypatch, source, told):
    said = []
    monkeypatch.setattr(repair_stages, "region_sheet", lambda *parts: said.append(parts[3]) or parts[1])
    pipeline.transforms, pipeline.source = False, source
    artifix("locate", *files.arguments(), "--stages")
    assert said == [f"{told}; confidence 0.88"]
