"""`artifix batch` at its front door."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from artifix.batch.worker import Worker
from artifix.cli import batch
from artifix.errors import ExitCode, NoMatchError
from artifix.inputs.manifest import read_rows
from artifix.repair.loading import Loaded

WEIGHTS = "0" * 64


@pytest.fixture
def manifest(files):
    path = files.folder / "manifest.csv"
    path.write_text("id,image,mask,reference\na,gen.png,mask.png,ref.png\nb,gen.png,mask.png,ref.png\n")
    return path


@pytest.fixture
def worker(pipeline, monkeypatch):
    """Does the rows in this process, with a pipeline that answers at once."""
    made = Worker.__new__(Worker)
    made.loaded = Loaded(pipeline, "cpu", "float32")

    def engine(tasks, may_go_on):
        for task in tasks:
            yield made.do(task)
            if not may_go_on():
                return

    monkeypatch.setattr(batch, "engine_of", lambda config, given: engine)
    return made


@pytest.fixture
def no_worker(monkeypatch):
    def refuse(config, given):
        pytest.fail("an engine was made")

    monkeypatch.setattr(batch, "engine_of", refuse)


def test_every_row_is_refined(artifix, files, manifest, worker):
    run = artifix("batch", manifest, "--out", files.out, "--json")
    assert run.code == ExitCode.OK, run.err
    told = json.loads(run.out)
    assert (told["rows"], told["done"], told["failed"]) == (2, 2, 0)
    names = {path.name for path in (files.out / "rows" / "a").iterdir()}
    assert {"refined.png", "record.json", "overview.png", "thumbnail.jpg", "alignment.json"} <= names
    record = json.loads((files.out / "rows" / "a" / "record.json").read_text())
    assert "timings" not in record
    assert (files.out / "report.html").is_file()


def test_rows_are_written_in_the_format_asked_for_and_its_cost_is_noted(artifix, files, manifest, worker):
    assert artifix("batch", manifest, "--out", files.out, "--format", "jpeg", "--quality", "80").code == 0
    row = files.out / "rows" / "a"
    assert Image.open(row / "refined.jpg").format == "JPEG"
    assert not (row / "refined.png").exists()
    coding = json.loads((row / "record.json").read_text())["coding"]
    assert (coding["format"], coding["quality"]) == ("jpeg", 80)
    with (files.out / "results.csv").open() as lines:
        notes = [line["note"] for line in csv.DictReader(lines)]
    assert all("JPEG of quality 80 changes" in note for note in notes)


def test_a_quality_for_an_exact_format_is_refused_at_once(artifix, files, manifest, no_worker):
    run = artifix("batch", manifest, "--out", files.out, "--quality", "80")
    assert run.code == ExitCode.USAGE
    assert "png is exact" in run.err


def test_a_row_gives_the_pixels_of_refine_with_its_seed(artifix, files, manifest, worker, pipeline):
    artifix("batch", manifest, "--out", files.out)
    record = json.loads((files.out / "rows" / "a" / "record.json").read_text())
    alone = files.folder / "alone"
    arguments = files.arguments(out=alone)
    assert artifix("refine", *arguments, "--seed", record["seed"]).code == ExitCode.OK
    for name in ("refined.png", "correspondence.npy", "region.png", "alignment.json"):
        assert (alone / name).read_bytes() == (files.out / "rows" / "a" / name).read_bytes(), name


def test_failed_rows_are_told_by_the_exit_code_and_repeated(artifix, files, manifest, worker, pipeline):
    pipeline.failure = NoMatchError("nothing matches", "use another reference")
    run = artifix("batch", manifest, "--out", files.out)
    assert run.code == ExitCode.SOME_ROWS_FAILED
    assert "2 of 2 rows failed" in run.err
    assert "nothing matches" in (files.out / "results.csv").read_text()
    pipeline.failure = None
    assert artifix("batch", manifest, "--out", files.out).code == ExitCode.OK
    assert "failed" not in (files.out / "results.csv").read_text()


def test_a_row_that_is_refused_is_failed_and_has_no_folder(artifix, files, manifest, worker, pipeline):
    pipeline.confidence = 0.25
    assert artifix("batch", manifest, "--out", files.out).code == ExitCode.SOME_ROWS_FAILED
    row = json.loads((files.out / "results.jsonl").read_text().splitlines()[0])
    assert (row["status"], row["exit_code"]) == ("failed", ExitCode.NO_MATCH)
    assert "confidence 0.25" in row["problem"]
    assert list((files.out / "rows").iterdir()) == []


def test_the_results_say_how_the_reference_is_placed(artifix, files, manifest, worker, pipeline):
    pipeline.agreement = 0.2
    artifix("batch", manifest, "--out", files.out)
    row = json.loads((files.out / "results.jsonl").read_text().splitlines()[0])
    assert (row["placed"], row["confidence"], row["repair_confidence"]) == ("rough", 0.875, 0.75)
    report = (files.out / "report.html").read_text()
    assert '"confidence":0.875,"repair_confidence":0.75,"placed":"rough"' in report


def test_rows_of_an_earlier_version_stay_done_and_are_told_as_far_as_they_are_known(
    artifix, files, manifest, worker, pipeline
):
    artifix("batch", manifest, "--out", files.out)
    journal = files.out / "journal.jsonl"
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    later = {"placed", "repair_confidence", "coarseness", "mirrored"}
    earlier = [{name: entry[name] for name in entry.keys() - later} for entry in entries]
    journal.write_text("".join(json.dumps(entry) + "\n" for entry in earlier))
    run = artifix("batch", manifest, "--out", files.out)
    assert (run.code, "2 were done before" in run.out) == (ExitCode.OK, True)
    row = json.loads((files.out / "results.jsonl").read_text().splitlines()[0])
    assert (row["confidence"], row.keys() & later) == (0.875, set())
    report = (files.out / "report.html").read_text()
    assert '"confidence":0.875,"repair_confidence":null,"placed":""' in report


def test_strict_fails_the_rows_that_are_not_placed_exactly(artifix, files, manifest, worker, pipeline):
    pipeline.agreement = 0.2
    run = artifix("batch", manifest, "--out", files.out, "--strict")
    assert run.code == ExitCode.SOME_ROWS_FAILED
    row = json.loads((files.out / "results.jsonl").read_text().splitlines()[0])
    assert (row["status"], row["exit_code"]) == ("failed", ExitCode.NO_MATCH)
    assert "placed roughly" in row["problem"]


def test_rows_whose_repair_is_likely_bad_are_failed_if_asked(artifix, files, manifest, worker):
    artifix("batch", manifest, "--out", files.out, "--min-repair-confidence", ".8")
    row = json.loads((files.out / "results.jsonl").read_text().splitlines()[0])
    assert (row["status"], row["exit_code"]) == ("failed", ExitCode.NO_MATCH)
    assert "likely worse than the artifact left alone" in row["problem"]


def test_a_coarse_reference_is_told_in_the_results_and_the_report(artifix, files, manifest, worker, pipeline):
    pipeline.scale = 0.4
    artifix("batch", manifest, "--out", files.out)
    row = json.loads((files.out / "results.jsonl").read_text().splitlines()[0])
    assert row["coarseness"] == 2.5
    assert "the reference is 2.5 times coarser" in (files.out / "report.html").read_text()


def test_a_mirrored_reference_is_told_in_the_results_and_the_report(
    artifix, files, manifest, worker, pipeline
):
    pipeline.mirrored = True
    artifix("batch", manifest, "--out", files.out, "--allow-mirror")
    assert pipeline.seen[0].alignment.allow_mirror
    with (files.out / "results.csv").open(newline="") as stream:
        assert [row["mirrored"] for row in csv.DictReader(stream)] == ["true", "true"]
    assert "the reference is mirrored" in (files.out / "report.html").read_text()


def test_a_bug_in_one_row_does_not_end_the_others(artifix, files, manifest, worker, pipeline):
    pipeline.failure = ZeroDivisionError("division by zero")
    assert artifix("batch", manifest, "--out", files.out).code == ExitCode.SOME_ROWS_FAILED
    entries = [json.loads(line) for line in (files.out / "journal.jsonl").read_text().splitlines()]
    assert [entry["exit_code"] for entry in entries] == [ExitCode.BUG, ExitCode.BUG]
    assert "ZeroDivisionError" in entries[0]["trace"]


def test_a_row_that_needs_too_much_memory_is_done_smaller(artifix, files, manifest, worker, pipeline):
    real, seen = pipeline.refine, []

    def hungry(case, config, progress=None, located=None):
        seen.append((config.refinement.candidates, config.alignment.contexts))
        if config.refinement.candidates > 1:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
        return real(case, config, lambda *told: None, located)

    pipeline.refine = hungry
    assert artifix("batch", manifest, "--out", files.out, "--candidates", 4).code == ExitCode.OK
    assert seen[:2] == [(4, (1.8, 3.0, 5.0)), (1, (1.8,))]
    assert "repeated with one candidate" in (files.out / "results.csv").read_text()
    record = json.loads((files.out / "rows" / "a" / "record.json").read_text())
    assert record["settings"]["refinement"]["candidates"] == 1


def test_a_row_that_never_fits_is_failed(artifix, files, manifest, worker, pipeline):
    pipeline.failure = MemoryError()
    assert artifix("batch", manifest, "--out", files.out).code == ExitCode.SOME_ROWS_FAILED
    assert "out of memory" in (files.out / "results.csv").read_text()


def test_fail_fast_stops_at_the_first(artifix, files, manifest, worker, pipeline):
    pipeline.failure = NoMatchError("nothing matches")
    assert artifix("batch", manifest, "--out", files.out, "--fail-fast").code == ExitCode.SOME_ROWS_FAILED
    assert len((files.out / "journal.jsonl").read_text().splitlines()) == 1


def test_rows_that_are_done_are_left_alone_unless_they_are_to_be_overwritten(
    artifix, files, manifest, worker, pipeline
):
    artifix("batch", manifest, "--out", files.out)
    once = len(pipeline.seen)
    run = artifix("batch", manifest, "--out", files.out)
    assert "2 were done before" in run.out
    assert len(pipeline.seen) == once
    artifix("batch", manifest, "--out", files.out, "--overwrite")
    assert len(pipeline.seen) == 2 * once


def test_a_shard_does_its_share(artifix, files, manifest, worker):
    artifix("batch", manifest, "--out", files.out, "--shard", "2/2")
    assert [path.name for path in (files.out / "rows").iterdir()] == ["b"]
    assert "pending" in (files.out / "results.csv").read_text()


def test_a_dry_run_prints_the_manifest_and_writes_nothing(artifix, files, manifest, no_worker):
    run = artifix("batch", manifest, "--out", files.out, "--dry-run")
    assert run.code == ExitCode.OK
    assert "2 rows: 0 done, 2 to do" in run.err
    printed = files.folder / "printed.csv"
    printed.write_text(run.out)
    assert read_rows(printed) == read_rows(manifest)
    assert not files.out.exists()


def test_a_layout_is_printed_as_a_manifest(artifix, files, no_worker):
    folder = files.folder / "mimic"
    folder.mkdir()
    for source, name in (
        (files.image, "X_source"),
        (files.mask, "X_source_mask"),
        (files.reference, "X_reference"),
    ):
        (folder / f"{name}.png").write_bytes(source.read_bytes())
    run = artifix("batch", folder, "--layout", "mimicbrush", "--out", files.out, "--dry-run")
    assert run.code == ExitCode.OK, run.err
    assert "X_source.png,X_source_mask.png,X_reference.png" in run.out


@pytest.fixture
def plain(files):
    """A folder with an image, its mask beside it, and a picture that has none; no reference."""
    folder = files.folder / "plain"
    folder.mkdir()
    for source, name in ((files.image, "X.PNG"), (files.mask, "X_mask.png"), (files.image, "Y.png")):
        (folder / name).write_bytes(source.read_bytes())
    return folder


def test_a_plain_folder_is_refined_after_one_reference_for_all(artifix, files, plain, worker):
    run = artifix("batch", plain, "--layout", "plain", "--ref", files.reference, "--out", files.out)
    assert run.code == ExitCode.OK, run.err
    assert f"1 pictures have no mask and are left out, such as {plain / 'Y.png'}" in run.err
    assert [path.name for path in (files.out / "rows").iterdir()] == ["X"]


def test_a_plain_folder_is_printed_with_all_its_references(artifix, files, plain, no_worker):
    for number in (1, 2):
        (plain / f"X_ref{number}.png").write_bytes(files.reference.read_bytes())
    arguments = ["--layout", "plain", "-r", files.reference, "--out", files.out, "--dry-run"]
    run = artifix("batch", plain, *arguments)
    assert run.code == ExitCode.OK, run.err
    assert "X,X.PNG,X_mask.png,X_ref1.png;X_ref2.png" in run.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], ExitCode.INPUT, "has a mask but no reference for X.PNG"),
        (["--ref", "gone.png"], ExitCode.INPUT, "gone.png: no such file"),
    ],
)
def test_a_plain_folder_without_references_is_refused(
    artifix, files, plain, no_worker, arguments, code, said
):
    run = artifix("batch", plain, "--layout", "plain", "--out", files.out, *arguments)
    assert run.code == code
    assert said in run.err
    assert not files.out.exists()


def test_a_reference_for_all_is_refused_with_any_other_layout(artifix, files, plain, no_worker):
    arguments = ["--layout", "idm-vton", "--ref", files.reference, "--out", files.out]
    run = artifix("batch", plain, *arguments)
    assert run.code == ExitCode.USAGE
    assert "--ref is of --layout plain, not of idm-vton" in run.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--shard", "3/2"], ExitCode.USAGE, "is no share"),
        (["--address", "localhost:1"], ExitCode.USAGE, "--engine ray"),
        (["--masks", "m"], ExitCode.USAGE, "is of a --layout"),
        (["--ref", "r.png"], ExitCode.USAGE, "--ref is of --layout plain"),
        (["--steps", "0"], ExitCode.USAGE, "steps is 0"),
        (["--weights", "nowhere"], ExitCode.WEIGHTS, "no such weights"),
    ],
)
def test_what_does_not_fit_is_refused_at_once(artifix, files, manifest, no_worker, arguments, code, said):
    run = artifix("batch", manifest, "--out", files.out, *arguments)
    assert run.code == code
    assert said in run.err
    assert not files.out.exists()


def test_an_image_that_is_its_own_reference_fails_alone(artifix, files, manifest, worker):
    manifest.write_text("id,image,mask,reference\na,gen.png,mask.png,gen.png\nb,gen.png,mask.png,ref.png\n")
    assert artifix("batch", manifest, "--out", files.out).code == ExitCode.SOME_ROWS_FAILED
    first, second = csv.DictReader((files.out / "results.csv").open())
    assert "the reference is the same picture as the image" in first["problem"]
    assert second["status"] == "done"


def test_a_layout_lists_masks_which_the_images_transparency_cannot_replace(artifix, files, no_worker):
    arguments = ["--layout", "mimicbrush", "--mask-from", "image-alpha", "--out", files.out]
    run = artifix("batch", files.folder, *arguments)
    assert run.code == ExitCode.USAGE
    assert "reads no masks" in run.err


def test_all_faults_of_a_manifest_are_told_with_their_lines(artifix, files, manifest, no_worker):
    manifest.write_text("image,mask,reference,steps\ngone.png,mask.png,ref.png,1\ngen.png,,ref.png,0\n")
    run = artifix("batch", manifest, "--out", files.out)
    assert run.code == ExitCode.INPUT
    assert "line 2" in run.err
    assert "line 3" in run.err
    assert not files.out.exists()


def test_an_output_that_is_something_else_is_refused(artifix, files, manifest, no_worker):
    files.out.mkdir()
    (files.out / "thesis.txt").touch()
    run = artifix("batch", manifest, "--out", files.out)
    assert run.code == ExitCode.OUTPUT
    assert "holds no earlier batch" in run.err


@pytest.mark.slow
def test_the_network_in_processes_of_its_own_gives_the_same_whatever_their_number(
    artifix, files, manifest, tiny_weights
):
    outs = [files.folder / name for name in ("one", "two")]
    for count, out in enumerate(outs, 1):
        run = artifix(
            "batch", manifest, "--out", out, "--weights", tiny_weights, "--force", "--workers", count
        )
        assert run.code == ExitCode.OK, run.err
    for path in outs[0].rglob("*.*"):
        if path.is_file() and not path.name.startswith("journal") and ".artifix" not in path.parts:
            assert path.read_bytes() == (outs[1] / path.relative_to(outs[0])).read_bytes(), path.name


def test_what_is_odd_about_a_mask_is_told_in_the_results(artifix, files, manifest, worker):
    mask = np.asarray(Image.open(files.mask))
    Image.fromarray(np.dstack([mask // 2, 0 * mask, 0 * mask])).save(files.mask)
    artifix("batch", manifest, "--out", files.out)
    first, _ = csv.DictReader((files.out / "results.csv").open())
    assert "painted in colour (127,0,0)" in first["note"]


def test_a_soft_mask_is_told_in_the_results(artifix, files, manifest, worker):
    Image.fromarray(np.asarray(Image.open(files.mask)) // 2).save(files.mask)
    artifix("batch", manifest, "--out", files.out)
    first, _ = csv.DictReader((files.out / "results.csv").open())
    assert "of the mask is grey" in first["note"]
