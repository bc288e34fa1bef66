"""`artifix locate`: the same as refine without repainting."""

import json

import pytest

from artifix.outputs.save import RESULT_FILES

pytestmark = pytest.mark.usefixtures("pipeline")


def test_locate_writes_everything_but_the_refined_image(artifix, files):
    assert artifix("locate", *files.arguments()).code == 0
    names = {path.name for path in files.out.iterdir()}
    assert names == RESULT_FILES - {"refined.png"}


def test_locate_says_where(artifix, files):
    run = artifix("locate", *files.arguments())
    assert run.out == (
        f"{files.out}: found in ref.png at x 29-44, y 25-34 (confidence 0.88 that the place is right, "
        "0.75 that the repair is good, placed exactly)\n"
    )


def test_record_describes_the_alignment(artifix, files):
    artifix("locate", *files.arguments())
    record = json.loads((files.out / "record.json").read_text())
    assert record["command"] == "locate"
    assert record["groups"][0]["transform"] == [[1, 0, 5], [0, 1, 5], [0, 0, 1]]
    assert {"box", "confidence", "repair_confidence", "placed", "layer", "timestep", "source"} < set(
        record["groups"][0]
    )


def test_options_of_refinement_are_refused(artifix, files):
    assert artifix("locate", *files.arguments(), "--steps", "3").code == 2


def test_what_is_not_sure_enough_is_written_and_then_refused(artifix, files, pipeline):
    pipeline.confidence = 0.25
    run = artifix("locate", *files.arguments())
    assert run.code == 5
    assert {path.name for path in files.out.iterdir()} == RESULT_FILES - {"refined.png"}
    assert run.out.startswith(f"{files.out}: best guess in ref.png at x 29-44, y 25-34")
    problem = json.loads((files.out / "record.json").read_text())["refused"]
    assert "(confidence 0.25, 0.55 is the least; tried 3 matches of sift" in problem
    assert f"error: {problem}\n hint: the best guess is in {files.out / 'overview.png'}; use a" in run.err


def test_the_record_of_what_is_refused_is_printed_too(artifix, files, pipeline):
    pipeline.confidence = 0.25
    run = artifix("locate", *files.arguments(), "--json", "-q")
    assert run.code == 5
    told = json.loads(run.out)
    assert "nothing in the reference matches" in told["refused"]
    assert "alignment.json" in told["files"]


def test_stages_are_written_of_what_is_refused(artifix, files, pipeline):
    pipeline.confidence = 0.25
    assert artifix("locate", *files.arguments(), "--stages").code == 5
    assert (files.out / "stage-4-region.png").is_file()


def test_a_forced_guess_is_not_refused(artifix, files, pipeline):
    pipeline.confidence = 0.25
    run = artifix("locate", *files.arguments(), "--force")
    assert (run.code, run.out.count("found in")) == (0, 1)
    assert "refused" not in json.loads((files.out / "record.json").read_text())


def test_locate_says_how_the_weakest_part_is_placed(artifix, files, pipeline):
    pipeline.transforms, pipeline.parts = False, 2
    run = artifix("locate", *files.arguments())
    assert run.out.count("x 29-44, y 25-34") == 2
    assert run.out.endswith("placed by its region only)\n")
    record = json.loads((files.out / "record.json").read_text())
    assert [group["placed"] for group in record["groups"]] == ["region only"] * 2


def test_locate_tells_what_strict_refine_would_refuse(artifix, files, pipeline, tmp_path):
    pipeline.agreement = 0.2
    (tmp_path / "strict.toml").write_text("[alignment]\nstrict = true\n")
    run = artifix("locate", *files.arguments(), "--config", tmp_path / "strict.toml")
    assert (run.code, "placed roughly" in run.out) == (0, True)


@pytest.mark.parametrize("command", ["locate", "refine"])
def test_a_coarse_reference_is_told(artifix, files, pipeline, command):
    pipeline.scale = 0.4
    run = artifix(command, *files.arguments())
    soft = "the reference is 2.5 times coarser than the image there: the repair will be soft"
    assert run.err.splitlines()[-1] == soft
    assert json.loads((files.out / "record.json").read_text())["groups"][0]["coarseness"] == 2.5
    quiet = artifix(command, *files.arguments(), "-q", "--json", "--overwrite")
    assert (quiet.err, json.loads(quiet.out)["groups"][0]["coarseness"]) == ("", 2.5)


def test_a_fine_reference_is_not_worth_a_word(artifix, files, pipeline):
    pipeline.scale = 0.8
    assert "coarser" not in artifix("locate", *files.arguments()).err
    assert json.loads((files.out / "record.json").read_text())["groups"][0]["coarseness"] == 1.25


def test_without_a_transform_nobody_knows_how_coarse_the_reference_is(artifix, files, pipeline):
    pipeline.transforms = False
    artifix("locate", *files.arguments())
    assert json.loads((files.out / "record.json").read_text())["groups"][0]["coarseness"] is None


@pytest.mark.parametrize("command", ["locate", "refine"])
def test_a_mirrored_reference_is_told(artifix, files, pipeline, command):
    pipeline.mirrored = True
    run = artifix(command, *files.arguments(), "--allow-mirror")
    assert "placed exactly, mirrored reference" in run.out
    assert pipeline.seen[0].alignment.allow_mirror
    record = json.loads((files.out / "record.json").read_text())
    assert (record["groups"][0]["mirrored"], record["settings"]["alignment"]["allow_mirror"]) == (True, True)
