"""A match given by hand, an alignment edited and taken back, several references."""

import json

import numpy as np
import pytest
from PIL import Image

from artifix.outputs.save import RESULT_FILES


def change(path, edit):
    told = json.loads(path.read_text())
    edit(told)
    path.write_text(json.dumps(told))


@pytest.fixture
def located(artifix, files, pipeline):
    """alignment.json of the fake pipeline."""
    assert artifix("locate", *files.arguments(out=files.folder / "located")).code == 0
    return files.folder / "located" / "alignment.json"


def test_refine_after_locate_writes_what_refine_alone_does(artifix, files, tiny_weights):
    common = ("--weights", tiny_weights, "-q")
    places = {name: files.folder / name for name in ("direct", "located", "taken")}
    search = ("--force", "--seed", "3")
    runs = [
        artifix("refine", *files.arguments(out=places["direct"]), *common, *search),
        artifix("locate", *files.arguments(out=places["located"]), *common, *search),
    ]
    stored = ("--alignment", places["located"] / "alignment.json", "--seed", "3")
    runs.append(artifix("refine", *files.arguments(out=places["taken"]), *common, *stored))
    assert [run.code for run in runs] == [0, 0, 0], runs
    for name in RESULT_FILES - {"record.json"}:
        assert (places["direct"] / name).read_bytes() == (places["taken"] / name).read_bytes(), name
    direct, taken = (json.loads((places[n] / "record.json").read_text()) for n in ("direct", "taken"))
    assert taken.pop("alignment")["name"] == "alignment.json"
    del direct["timings"], taken["timings"]
    assert direct == taken


@pytest.mark.parametrize("by_hand", ["region", "points"])
def test_what_is_given_by_hand_is_found_and_recorded(artifix, files, tiny_weights, by_hand):
    (files.folder / "points.csv").write_text("24,20,29,25\n39,20,44,25\n24,29,29,34\n")
    given = {"region": ("--region", "25,21,49,39"), "points": ("--points", files.folder / "points.csv")}[
        by_hand
    ]
    run = artifix("locate", *files.arguments(), "--weights", tiny_weights, *given, "-q")
    assert run.code == 0, run.err
    record = json.loads((files.out / "record.json").read_text())
    assert record["groups"][0]["confidence"] == 1.0
    assert list(record["by_hand"]) == [by_hand]
    region = np.asarray(Image.open(files.out / "region.png")) > 0
    rows, columns = np.nonzero(region)
    assert (rows.mean(), columns.mean()) == pytest.approx((29.5, 36.5), abs=2)


def test_an_edited_alignment_is_followed(artifix, files, located, pipeline):
    change(located, lambda told: told["groups"][0].update(transform=None, region=[0, 0, 20, 16]))
    run = artifix("refine", *files.arguments(), "--alignment", located)
    assert run.code == 0, run.err
    region = np.asarray(Image.open(files.out / "region.png")) > 0
    assert region.sum() == 20 * 16


def test_stage_1_keeps_the_settings_it_was_run_with(artifix, files, located, pipeline):
    change(located, lambda told: told["settings"].update(zoom=False))
    assert artifix("refine", *files.arguments(), "--alignment", located).code == 0
    assert json.loads((files.out / "record.json").read_text())["settings"]["alignment"]["zoom"] is False


def test_a_refused_alignment_is_taken_only_by_force(artifix, files, pipeline):
    pipeline.confidence = 0.25
    place = files.folder / "located"
    assert artifix("locate", *files.arguments(out=place)).code == 5
    stored = ("--alignment", place / "alignment.json")
    before = files.listing()
    run = artifix("refine", *files.arguments(), *stored)
    assert (run.code, files.listing()) == (5, before)
    assert "the match that was given is not sure enough (confidence 0.25" in run.err
    assert "if you have checked or corrected it, pass --force" in run.err
    assert artifix("refine", *files.arguments(), *stored, "--force").code == 0


def test_an_alignment_that_was_forced_is_taken(artifix, files, pipeline):
    pipeline.confidence = 0.25
    place = files.folder / "located"
    assert artifix("locate", *files.arguments(out=place), "--force").code == 0
    assert artifix("refine", *files.arguments(), "--alignment", place / "alignment.json").code == 0


def test_a_stored_alignment_is_held_to_what_is_asked_for_now(artifix, files, pipeline):
    pipeline.agreement = 0.2
    place = files.folder / "located"
    assert artifix("locate", *files.arguments(out=place), "--force").code == 0
    stored = ("--alignment", place / "alignment.json")
    run = artifix("refine", *files.arguments(), *stored, "--strict")
    assert (run.code, "placed roughly" in run.err) == (5, True)
    assert artifix("refine", *files.arguments(), *stored).code == 0


def test_a_mirrored_alignment_is_taken_back(artifix, files, pipeline):
    pipeline.mirrored = True
    place = files.folder / "located"
    assert artifix("locate", *files.arguments(out=place), "--allow-mirror").code == 0
    run = artifix("refine", *files.arguments(), "--alignment", place / "alignment.json")
    assert run.code == 0, run.err
    record = json.loads((files.out / "record.json").read_text())
    assert (record["groups"][0]["mirrored"], record["settings"]["alignment"]["allow_mirror"]) == (True, True)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda told: told.pop("groups"), "holds no groups"),
        (lambda told: told["groups"].clear(), "holds 0 groups, but the mask has 1"),
        (lambda told: told["groups"][0].update(mirrored=True), "transform.matrix: is no mirrored view"),
        (lambda told: told["groups"][0]["transform"].pop("matrix"), "transform.matrix: does not hold 3x3"),
        (lambda told: told["settings"].update(zoom=7), "settings: zoom is 7, expected bool"),
        (lambda told: told["settings"].update(zooms=7), "settings: unknown setting zooms"),
        (lambda told: told["settings"].update(min_confidence=2.0), "settings: min_confidence is 2.0"),
        (lambda told: told["inputs"]["mask"].update(sha256="0"), "was made for another mask"),
    ],
)
def test_a_broken_alignment_is_bad_input_by_name(artifix, files, located, pipeline, edit, said):
    change(located, edit)
    run = artifix("refine", *files.arguments(), "--alignment", located)
    assert run.code == 3
    assert f"error: {located}: " in run.err
    assert said in run.err
    assert not files.out.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("--alignment", "a.json", "--layer", "mid_block.attentions.0"),
            "--layer says how to find",
        ),
        (("--alignment", "a.json", "--region", "0,0,9,9"), "--region says how to find the match"),
        (("--region", "0,0,9,9", "--ref-mask", "m.png"), "--region and --ref-mask both say"),
        (
            ("--region", "0,0,9,9", "--ref", "b.png"),
            "--region is for one reference, but --ref was given 2 times",
        ),
        (("--alignment", "a.json", "--ref", "b.png"), "--alignment is for one reference"),
        (("--points", "p.csv", "--no-transform"), "--points gives a transform, which --no-transform forbids"),
        (("--points", "p.csv", "--allow-mirror"), "--points says how the part is seen, which --allow-mirror"),
        (("--alignment", "a.json", "--allow-mirror"), "--allow-mirror says how to find the match"),
        (("--force", "--strict"), "--force takes any match, and --strict only those placed exactly"),
        (("--region", "70,0,90,9"), "--region 70,0,90,9: does not lie in the reference"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(artifix, files, pipeline, options, said):
    run = artifix("refine", *files.arguments(), *options)
    assert run.code == 2
    assert said in run.err
    assert not files.out.exists()


def test_the_best_of_several_references_is_used_and_the_record_says_why(artifix, files, pipeline):
    other = files.folder / "other.png"
    Image.fromarray(np.asarray(Image.open(files.reference))[::-1].copy()).save(other)
    run = artifix("refine", *files.arguments(), "--ref", other)
    assert run.code == 0, run.err
    assert "repainted after other.png" in run.out  # the fake pipeline takes the last
    record = json.loads((files.out / "record.json").read_text())
    assert record["inputs"]["reference"]["name"] == "other.png"
    assert [(r["name"], r["used"]) for r in record["references"]] == [("ref.png", False), ("other.png", True)]
    assert all({"confidence", "agreement", "sha256"} < set(r) for r in record["references"])


def test_one_unreadable_reference_among_several_is_refused_by_name(artifix, files, pipeline):
    run = artifix("refine", *files.arguments(), "--ref", files.folder / "gone.png")
    assert run.code == 3
    assert "gone.png: no such file" in run.err
    assert not files.out.exists()


def test_files_given_by_hand_are_not_overwritten(artifix, files, pipeline):
    files.out.mkdir()
    (files.out / "points.csv").write_text("24,20,29,25\n39,20,44,25\n")
    run = artifix("refine", *files.arguments(), "--points", files.out / "points.csv")
    assert run.code == 7
    assert "holds the input" in run.err
