"""`artifix detect`, and `--auto-mask` of refine: what they write, say and refuse."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artifix.box import Box
from artifix.detection import detector, proposing
from artifix.detection.detector import Detection, Proposal
from artifix.errors import NoMatchError

WRONG = slice(20, 30), slice(24, 40)  # as the drawn case has it


def proposal(shape, rows, columns, score):
    mask = np.zeros(shape, bool)
    mask[rows, columns] = True
    return Proposal(mask, Box(columns.start, rows.start, columns.stop, rows.stop), score, 0.5)


@dataclass
class Stub:
    """Stands in for the comparison: every image has these scores."""

    scores: tuple[float, ...] = (0.9, 0.2)
    matches: int = 50

    def __call__(self, image, reference, most=3, name="reference"):
        shape = image.shape[:2]
        places = [WRONG, (slice(40, 50), slice(4, 10))]
        found = [proposal(shape, *place, score) for place, score in zip(places, self.scores, strict=False)]
        return Detection(
            np.full(shape, 0.25, np.float32), tuple(found[:most]), Box(0, 0, 80, 64), self.matches
        )


@pytest.fixture
def stub(monkeypatch):
    made = Stub()
    monkeypatch.setattr(proposing, "detect", made)
    return made


def detect(artifix, files, *more):
    return artifix("detect", files.image, "--ref", files.reference, "--out", files.out, *more)


def test_it_writes_the_map_the_masks_the_picture_and_the_record(artifix, files, stub):
    run = detect(artifix, files)
    assert run.code == 0
    assert {path.name for path in files.out.iterdir()} == {
        "probability.png", "mask.png", "mask-1.png", "mask-2.png", "detected.png", "record.json",
    }  # fmt: skip
    mask = np.asarray(Image.open(files.out / "mask.png"))
    assert set(np.unique(mask)) == {0, 255}
    assert (mask[WRONG] == 255).all()
    assert (mask > 0).sum() == 160
    assert np.asarray(Image.open(files.out / "probability.png")).max() == 64


def test_one_line_says_what_is_marked(artifix, files, stub):
    assert (
        detect(artifix, files).out == f"{files.out / 'mask.png'}: 1 part marked: 24,20,40,30 (score 0.90)\n"
    )


def test_the_record_tells_boxes_and_scores_of_all_proposals(artifix, files, stub):
    told = json.loads(detect(artifix, files, "--json").out)
    assert [one["box"] for one in told["proposals"]] == [[24, 20, 40, 30], [4, 40, 10, 50]]
    assert [(one["score"], one["marked"]) for one in told["proposals"]] == [(0.9, True), (0.2, False)]
    record = json.loads((files.out / "record.json").read_text())
    assert record.items() <= told.items()
    assert str(files.folder) not in json.dumps(record)


def test_a_lower_threshold_marks_more(artifix, files, stub):
    detect(artifix, files, "--threshold", "0.1")
    assert (np.asarray(Image.open(files.out / "mask.png")) > 0).sum() == 160 + 60


def test_fewer_proposals_are_told_if_asked(artifix, files, stub):
    assert len(json.loads(detect(artifix, files, "--proposals", "1", "--json").out)["proposals"]) == 1


def test_where_both_agree_it_says_so_writes_no_mask_and_ends_with_nine(artifix, files, stub):
    stub.scores = (0.3,)
    run = detect(artifix, files)
    assert (run.code, run.out) == (9, "")
    assert "agrees with ref.png" in run.err
    assert "highest score 0.30, threshold 0.75" in run.err
    assert "mask.png" not in {path.name for path in files.out.iterdir()}
    assert (files.out / "probability.png").exists()


def test_a_reference_of_something_else_ends_with_five_and_writes_nothing(artifix, files):
    Image.fromarray(np.full((60, 60, 3), 90, np.uint8)).save(files.reference)
    run = detect(artifix, files)
    assert run.code == 5
    assert f"{files.reference}: what it shows was not found in the image" in run.err
    assert not files.out.exists()


def test_the_image_as_its_own_reference_is_refused(artifix, files):
    run = artifix("detect", files.image, "--ref", files.image, "--out", files.out)
    assert run.code == 3
    assert "the same picture" in run.err


def test_of_several_references_the_one_that_more_matches_lie_on_is_used(artifix, files, stub, monkeypatch):
    other = files.folder / "other.png"
    Image.fromarray(np.zeros((70, 70, 3), np.uint8)).save(other)

    def by_size(image, reference, most=3, name="reference"):
        if reference.shape[0] == 70:
            raise NoMatchError("no")
        return stub(image, reference, most)

    monkeypatch.setattr(proposing, "detect", by_size)
    told = json.loads(detect(artifix, files, "--ref", other, "--json").out)
    assert told["inputs"]["reference"]["name"] == "ref.png"


def test_an_earlier_result_is_replaced_only_if_asked(artifix, files, stub):
    assert detect(artifix, files).code == 0
    assert detect(artifix, files).code == 7
    assert detect(artifix, files, "--overwrite").code == 0


def test_refine_without_a_mask_names_auto_mask_where_nobody_can_be_asked(artifix, files, pipeline):
    run = artifix("refine", files.image, "--ref", files.reference, "--out", files.out)
    assert run.code == 2
    assert "missing option --mask" in run.err
    assert "--auto-mask" in run.err


def test_refine_with_auto_mask_repaints_the_proposal_and_says_so(artifix, files, pipeline, stub):
    run = artifix("refine", files.image, "--ref", files.reference, "--out", files.out, "--auto-mask")
    assert run.code == 0
    assert "the mask was proposed, not drawn: at 24,20,40,30 (score 0.90)" in run.err
    record = json.loads((files.out / "record.json").read_text())
    assert record["proposed_mask"]["boxes"] == [[24, 20, 40, 30]]
    assert record["proposed_mask"]["scores"] == [0.9]
    mask = np.asarray(Image.open(files.out / "proposed-mask.png")) > 0
    assert mask[WRONG].all()
    assert mask.sum() == 160
    before, after = (
        np.asarray(Image.open(p).convert("RGB")) for p in (files.image, files.out / "refined.png")
    )
    assert np.array_equal(before[~mask], after[~mask])


def test_refine_with_auto_mask_ends_with_nine_and_writes_nothing_where_both_agree(
    artifix, files, pipeline, stub
):
    stub.scores = ()
    run = artifix("refine", files.image, "--ref", files.reference, "--out", files.out, "--auto-mask")
    assert run.code == 9
    assert not files.out.exists()


def test_a_mask_and_auto_mask_contradict_each_other(artifix, files, pipeline):
    run = artifix("refine", *files.arguments(), "--auto-mask")
    assert run.code == 2
    assert "--auto-mask proposes a mask, and --mask names one" in run.err


def test_a_stored_alignment_needs_the_mask_it_was_found_for(artifix, files, pipeline, stub):
    found = files.folder / "alignment.json"
    found.write_text("{}")
    command = ["refine", files.image, "--ref", files.reference, "--out", files.out, "--auto-mask"]
    run = artifix(*command, "--alignment", found)
    assert run.code == 2
    assert "--alignment is of a mask" in run.err


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 2)])
def test_on_a_terminal_the_user_is_asked(artifix, files, pipeline, stub, monkeypatch, answer, code):
    from artifix.cli import proposing as asking
    from artifix.cli import refine

    asked = []
    monkeypatch.setattr(refine, "can_ask", lambda is_quiet: True)
    monkeypatch.setattr(asking.typer, "confirm", lambda text, err: asked.append((text, err)) or answer)
    run = artifix("refine", files.image, "--ref", files.reference, "--out", files.out)
    assert run.code == code
    assert asked == [("the mask was proposed, not drawn: at 24,20,40,30 (score 0.90). Repaint there?", True)]
    assert files.out.exists() is answer


def test_nobody_is_asked_who_wants_json_or_silence_or_has_no_terminal(monkeypatch):
    from artifix.cli.proposing import can_ask

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert can_ask(is_quiet=False)
    assert not can_ask(is_quiet=True)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert not can_ask(is_quiet=False)


def test_the_default_of_the_option_is_that_of_the_detector():
    from artifix.cli.detect import DetectOptions

    options = DetectOptions(Path("a"), [Path("b")])
    assert (options.threshold, options.proposals) == (detector.THRESHOLD, detector.MOST)


def manifest_of(files, masks):
    path = files.folder / "rows.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "image", "mask", "reference"])
        for number, mask in enumerate(masks):
            writer.writerow([f"row{number}", files.image.name, mask, files.reference.name])
    return path


def test_batch_refuses_an_empty_mask_cell_without_auto_mask(artifix, files):
    run = artifix("batch", manifest_of(files, ["mask.png", ""]), "--out", files.out, "--dry-run")
    assert run.code == 3
    assert "line 3: has no mask" in run.err


def test_batch_takes_empty_mask_cells_with_auto_mask(artifix, files):
    manifest = manifest_of(files, ["mask.png", ""])
    run = artifix("batch", manifest, "--out", files.out, "--dry-run", "--auto-mask")
    assert run.code == 0
    assert "2 rows: 0 done, 2 to do" in run.err


def test_batch_with_a_layout_has_masks(artifix, files):
    run = artifix("batch", files.folder, "--layout", "plain", "--out", files.out, "--auto-mask", "--dry-run")
    assert run.code == 2
    assert "--auto-mask is for rows of a manifest" in run.err


def worker_of(pipeline):
    from artifix.batch.worker import Worker
    from artifix.repair.loading import Loaded

    worker = Worker.__new__(Worker)
    worker.loaded = Loaded(pipeline, "cpu", "float32", 0.1)
    return worker


def task_of(files):
    from artifix.batch.task import Task
    from artifix.config import RefineConfig
    from artifix.inputs.request import Request

    return Task("row", Request(files.image, None, (files.reference,)), RefineConfig())


def test_a_row_without_a_mask_is_repainted_where_one_is_proposed(files, pipeline, stub):
    outcome = worker_of(pipeline).do(task_of(files))
    assert outcome.failure is None
    assert "proposed-mask.png" in outcome.files
    assert "the mask was proposed" in outcome.told["note"]


def test_a_row_that_agrees_with_its_reference_is_done_and_its_image_as_it_was(files, pipeline, stub):
    stub.scores = (0.1,)
    outcome = worker_of(pipeline).do(task_of(files))
    assert outcome.failure is None
    assert set(outcome.files) == {"refined.png", "record.json"}
    assert "nothing was repainted" in outcome.told["note"]
    (files.folder / "again.png").write_bytes(outcome.files["refined.png"])
    before, after = (np.asarray(Image.open(files.folder / n)) for n in (files.image.name, "again.png"))
    assert np.array_equal(before, after)
    assert b"compositeWithTrained" not in outcome.files["refined.png"]


def test_a_row_whose_reference_shows_something_else_fails_alone(files, pipeline):
    Image.fromarray(np.full((60, 60, 3), 90, np.uint8)).save(files.reference)
    outcome = worker_of(pipeline).do(task_of(files))
    assert outcome.failure is not None
    assert outcome.failure.exit_code == 5
