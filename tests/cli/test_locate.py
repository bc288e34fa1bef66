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
    assert run.out == f"{files.out}: found in ref.png at x 29-44, y 25-34 (confidence 0.88)\n"


def test_record_describes_the_alignment(artifix, files):
    artifix("locate", *files.arguments())
    record = json.loads((files.out / "record.json").read_text())
    assert record["command"] == "locate"
    assert record["groups"][0]["transform"] == [[1, 0, 5], [0, 1, 5], [0, 0, 1]]
    assert {"box", "confidence", "layer", "timestep", "source"} < set(record["groups"][0])


def test_options_of_refinement_are_refused(artifix, files):
    assert artifix("locate", *files.arguments(), "--steps", "3").code == 2
