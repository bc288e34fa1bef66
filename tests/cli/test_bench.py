"""`artifix bench`, from cases to tables."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from artifix.batch.task import Failure, Outcome

METHODS = ["--method", "sift-paste", "--method", "telea", "--method", "as-is"]
FILES = {"results.json", "cases.csv", "tables.md", "tables.tex", "sheet.png", "bench.json"}


@pytest.fixture
def bench(artifix, tmp_path):
    """Run it on a folder: bench(cases, *options) -> Run; its folder is bench.out."""

    def run(cases, *more, out=None):
        return artifix("bench", cases, "--out", out or run.out, "--device", "cpu", "--workers", "2", *more)

    run.out = tmp_path / "run"
    return run


def rows_of(out, method):
    with (out / "cases.csv").open(encoding="utf-8") as stream:
        return {row["case"]: row for row in csv.DictReader(stream) if row["method"] == method}


def times(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_methods_are_compared_and_everything_is_written(bench, drawn_set):
    run = bench(drawn_set(), *METHODS, "--json")
    assert run.code == 0, run.err
    told, results = json.loads(run.out), json.loads((bench.out / "results.json").read_text())
    assert told["predictions_made"] == 9
    assert told["scopes"] == results["scopes"]
    assert set(results["methods"]) == {"sift-paste", "telea", "as-is"}
    assert {path.name for path in bench.out.iterdir() if path.is_file()} == FILES
    figures = results["scopes"]["all"]["methods"]
    assert figures["sift-paste"]["psnr"]["mean"] > 30 > figures["telea"]["psnr"]["mean"]
    assert figures["sift-paste"]["iou"]["mean"] > 0.9
    assert figures["telea"]["iou"]["cases"] == 0
    assert figures["as-is"]["outside"]["mean"] == 0
    place = bench.out / "predictions" / "sift-paste" / "case-1"
    assert {path.name for path in place.iterdir()} == {"refined.png", "region.png", "record.json"}
    record = json.loads((place / "record.json").read_text())
    assert (record["status"], record["case"], record["kind"]) == ("done", "case-1", "sift-paste")
    assert record["told"]["seconds"] > 0
    assert Image.open(bench.out / "sheet.png").width > 1000
    assert "make predictions 9/9" in run.err
    assert "score them 9/9" in run.err


def test_a_second_run_makes_and_scores_nothing_anew(bench, drawn_set):
    cases = drawn_set()
    bench(cases, *METHODS)
    before, results = times(bench.out / "predictions"), (bench.out / "results.json").read_bytes()
    scores = times(bench.out / "scores")
    run = bench(cases, *METHODS)
    assert run.code == 0
    assert run.out.startswith(f"{bench.out / 'tables.md'}: 3 methods, 3 cases; sift-paste: psnr ")
    assert times(bench.out / "predictions") == before
    assert times(bench.out / "scores") == scores
    assert (bench.out / "results.json").read_bytes() == results


def test_only_exported_files_are_scored(bench, drawn_set):
    cases = drawn_set()
    bench(cases, "--method", "as-is")
    first = rows_of(bench.out, "as-is")
    exported = bench.out / "predictions" / "as-is" / "case-1" / "refined.png"
    exported.write_bytes((cases / "case-1" / "truth.png").read_bytes())
    assert bench(cases, "--method", "as-is").code == 0
    second = rows_of(bench.out, "as-is")
    assert float(second["case-1"]["psnr"]) == 100
    assert second["case-0"] == first["case-0"]


def test_results_of_another_tool_stand_beside(bench, drawn_set, tmp_path):
    cases, other = drawn_set(), tmp_path / "other"
    other.mkdir()
    for case in cases.iterdir():
        (other / f"{case.name}.png").write_bytes((case / "truth.png").read_bytes())
    (other / "case-2.png").unlink()
    command = ["--method", f"perfect={other}", "--method", "as-is"]
    refused = bench(cases, *command)
    assert refused.code == 3
    assert f"{other}: 1 image missing: case-2" in refused.err
    assert not (bench.out / "predictions").exists()
    run = bench(cases, *command, "--allow-missing")
    assert run.code == 0, run.err
    assert {row["psnr"] for row in rows_of(bench.out, "perfect").values()} == {"100.000000"}
    assert {row["seconds"] for row in rows_of(bench.out, "perfect").values()} == {""}
    assert "(n=2)" in (bench.out / "tables.md").read_text()
    Image.fromarray(np.zeros((160, 180, 3), np.uint8)).save(other / "case-0.png")
    changed = bench(cases, *command, "--allow-missing")
    assert changed.code == 7
    assert "made otherwise: result of case-0 is another" in changed.err
    assert bench(cases, *command, "--allow-missing", "--overwrite").code == 0
    assert float(rows_of(bench.out, "perfect")["case-0"]["psnr"]) < 30


def command_of(cases, out, *more):
    words = [sys.executable, "-m", "artifix", "bench", cases, "--out", out, "--workers", "1", *more]
    return [str(word) for word in words]


def started(cases, out, *more):
    return subprocess.Popen(
        command_of(cases, out, *more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def wait_for(count, out, process):
    until = time.monotonic() + 60
    while len([*out.glob("predictions/*/case-*/record.json")]) < count:
        assert time.monotonic() < until
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.002)


def test_a_killed_run_goes_on_where_it_was(bench, drawn_set, tmp_path):
    cases = drawn_set(12)
    process = started(cases, bench.out, *METHODS)
    wait_for(3, bench.out, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (bench.out / "predictions" / "telea" / ".artifix-left.tmp").mkdir(parents=True, exist_ok=True)
    kept = times(bench.out / "predictions")
    kept = {path: at for path, at in kept.items() if path.parent.name.startswith("case-")}
    assert 3 <= len({path.parent for path in kept}) < 36
    run = bench(cases, *METHODS, "--json")
    assert run.code == 0, run.err
    assert json.loads(run.out)["predictions_made"] == 36 - len({path.parent for path in kept})
    assert kept.items() <= times(bench.out / "predictions").items()
    assert not [*bench.out.rglob(".artifix-*")]
    whole = bench(cases, *METHODS, out=tmp_path / "whole")
    assert whole.code == 0
    for method in ("sift-paste", "telea", "as-is"):
        ours, theirs = rows_of(bench.out, method), rows_of(tmp_path / "whole", method)
        assert [{**row, "seconds": ""} for row in ours.values()] == [
            {**row, "seconds": ""} for row in theirs.values()
        ]


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_an_interrupted_run_says_how_to_go_on(bench, drawn_set):
    process = started(drawn_set(12), bench.out, *METHODS)
    wait_for(1, bench.out, process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "run the same command again to go on" in said
    assert not (bench.out / "tables.md").exists()


def test_variants_of_the_network_run_as_a_batch_does(bench, artifix, drawn_set, tiny_weights, tmp_path):
    cases = drawn_set(1)
    ours = ["--workers", "1", "--weights", tiny_weights, "--steps", "1", "--force", "--matcher", "sift"]
    names = ["artifix", "true-region", "whole-reference"]
    run = bench(cases, *ours, *(word for name in names for word in ("--method", name)))
    assert run.code == 0, run.err
    row = "case-0,case-0/image.png,case-0/mask.png,case-0/reference.png"
    (cases / "rows.csv").write_text(f"id,image,mask,reference\n{row}\n")
    batch = artifix("batch", cases / "rows.csv", "--out", tmp_path / "batch", "--device", "cpu", *ours)
    assert batch.code == 0, batch.err
    made = bench.out / "predictions" / "artifix" / "case-0"
    for file in ("refined.png", "region.png"):
        same = [np.asarray(Image.open(p / file)) for p in (made, tmp_path / "batch" / "rows" / "case-0")]
        assert np.array_equal(*same)
    record = json.loads((made / "record.json").read_text())
    assert record["repair"]["command"] == "refine"
    whole = np.asarray(Image.open(bench.out / "predictions" / "whole-reference" / "case-0" / "region.png"))
    assert whole.all()
    told = json.loads((bench.out / "results.json").read_text())["methods"]["artifix"]
    assert told["settings"]["refinement"]["steps"] == 1

    other = bench(cases, *ours, "--steps", "2", "--method", "artifix")
    assert other.code == 7
    assert "settings.refinement.steps was 1 and is 2" in other.err
    assert "--overwrite" in other.err
    Image.fromarray(np.zeros((160, 180, 3), np.uint8)).save(cases / "case-0" / "image.png")
    other = bench(cases, *ours, "--method", "artifix")
    assert other.code == 7
    assert "image of case-0 is another" in other.err


def test_a_refused_case_is_scored_as_the_image_it_leaves(bench, drawn_set, tiny_weights):
    cases = drawn_set(2)
    flat = np.full((200, 220, 3), (90, 120, 60), np.uint8)
    Image.fromarray(flat).save(cases / "case-1" / "reference.png")
    quick = ["--workers", "1", "--weights", tiny_weights, "--matcher", "sift"]
    run = bench(cases, *quick, "--method", "artifix", "--method", "as-is")
    assert run.code == 0, run.err
    ours, left = rows_of(bench.out, "artifix")["case-1"], rows_of(bench.out, "as-is")["case-1"]
    assert float(ours["refused"]) == 1
    assert (ours["psnr"], ours["outside"]) == (left["psnr"], "0.000000")
    assert float(ours["iou"]) == 0
    record = json.loads((bench.out / "predictions/artifix/case-1/record.json").read_text())
    assert record["status"] == "refused"
    assert record["problem"]


def test_a_dry_run_prints_the_manifest_and_writes_nothing(bench, drawn_set):
    cases = drawn_set()
    run = bench(cases, *METHODS, "--dry-run")
    assert run.code == 0
    lines = run.out.splitlines()
    assert lines[0] == "name,image,mask,reference,truth,region,reference_box,task"
    assert lines[1].startswith("case-0,case-0/image.png,case-0/mask.png,case-0/reference.png,")
    assert "telea: 3 cases, 3 predictions to make" in run.err
    assert not bench.out.exists()
    (cases / "cases.csv").write_text(run.out)
    again = bench(cases / "cases.csv", "--method", "telea", "--dry-run")
    assert again.out == run.out


def test_a_numbered_folder_brings_its_methods_along(bench, drawn_set, tmp_path):
    cases, folder = drawn_set(2), tmp_path / "numbered"
    places = {"artifacts": "image", "ref": "reference", "masks": "mask"}
    for number in range(2):
        for place, kind in places.items():
            (folder / "original" / place).mkdir(parents=True, exist_ok=True)
            data = (cases / f"case-{number}" / f"{kind}.png").read_bytes()
            (folder / "original" / place / f"{number}.png").write_bytes(data)
        (folder / "painter").mkdir(exist_ok=True)
        (folder / "painter" / f"{number}.png").write_bytes(data)
    Image.open(cases / "case-0/truth.png").save(folder / "painter" / "0.png")
    Image.open(cases / "case-1/truth.png").save(folder / "painter" / "1.png")
    spans = ["--task", "try-on=0", "--task", "customization=1"]
    run = bench(folder, "--layout", "numbered", *spans, "--method", "painter", "--method", "as-is", "--json")
    assert run.code == 0, run.err
    told = json.loads(run.out)
    assert list(told["scopes"]) == ["all", "customization", "try-on"]
    assert "psnr" not in told["scopes"]["all"]["methods"]["painter"]


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--method", "magic"], 2, "--method magic: is no method"),
        (["--method", "other=/no/such"], 2, "/no/such is no folder"),
        (["--layout", "lettered"], 2, "unknown layout lettered"),
        (["--task", "try-on=0-4"], 2, "--task is of --layout numbered"),
        (["--method", "big=artifix:nowhere"], 4, "nowhere: no such weights"),
        (["--steps", "0"], 2, "steps is 0"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_written(bench, drawn_set, more, code, said):
    run = bench(drawn_set(1), *more)
    assert (run.code, run.out) == (code, "")
    assert said in run.err
    assert not (bench.out / "predictions").exists()


def test_the_true_region_needs_one(bench, drawn_set):
    cases = drawn_set(2)
    (cases / "case-1" / "region.png").unlink()
    run = bench(cases, "--method", "true-region")
    assert run.code == 3
    assert "1 case without a true region: case-1 (1 of 2 have one)" in run.err


def test_a_folder_in_use_is_kept(bench, drawn_set):
    bench.out.mkdir()
    (bench.out / "thesis.tex").touch()
    run = bench(drawn_set(1), "--method", "as-is", "--overwrite")
    assert run.code == 7
    assert "holds no earlier run of bench" in run.err
    assert [path.name for path in bench.out.iterdir()] == ["thesis.tex"]


def test_a_missing_library_is_told_with_its_remedy(bench, drawn_set, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    run = bench(drawn_set(1), "--method", "as-is")
    assert run.code == 2
    assert "artifix bench: needs skimage" in run.err


def test_further_scores_leave_earlier_ones_and_predictions_alone(bench, drawn_set):
    cases = drawn_set(1)
    bench(cases, "--method", "as-is", "--scores", "none")
    kept = bench.out / "scores" / "as-is" / "case-0.json"
    first, before = json.loads(kept.read_text()), times(bench.out / "predictions")
    assert set(first["scores"]) == {"truth", "location", "changed"}
    run = bench(cases, "--method", "as-is", "--scores", "seam,outside")
    assert run.code == 0, run.err
    second = json.loads(kept.read_text())
    assert second["fingerprint"] == first["fingerprint"]
    assert first["scores"].items() <= second["scores"].items()
    assert set(second["scores"]) - set(first["scores"]) == {"seam", "outside"}
    assert times(bench.out / "predictions") == before
    row = rows_of(bench.out, "as-is")["case-0"]
    assert float(row["outside_max"]) == 0
    assert float(row["seam"]) >= 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--scores", "beauty"], "beauty: is no score"),
        (["--scores", "dino"], "give --dino FOLDER"),
        (["--dino", "somewhere"], "--dino is of --scores dino"),
    ],
)
def test_scores_that_cannot_be_made_are_refused_before_the_work(bench, drawn_set, more, said):
    run = bench(drawn_set(1), "--method", "as-is", *more)
    assert run.code == 2
    assert said in run.err
    assert not (bench.out / "predictions").exists()


class Failing:
    """Instead of worker processes: does everything in this one, but for one case."""

    fails = "telea/case-1"

    def __init__(self, make, count, may_go_on=lambda: True):
        self._doer = make(0)

    def run(self, tasks):
        for task in tasks:
            if task.id == self.fails:
                yield Outcome(task.id, failure=Failure("no memory is left", "free some", 6))
            else:
                yield self._doer.do(task)


def test_one_failed_prediction_leaves_the_others_and_is_made_by_the_next_run(bench, drawn_set, monkeypatch):
    cases = drawn_set()
    command = ["--method", "as-is", "--method", "telea"]
    with monkeypatch.context() as patched:
        for module in ("export", "scoring"):
            patched.setattr(f"artifix.evaluation.bench.{module}.ProcessPool", Failing)
        run = bench(cases, *command)
    assert run.code == 8
    assert "1 prediction failed, such as telea/case-1: no memory is left" in run.err
    assert len(rows_of(bench.out, "as-is")) == 3
    assert set(rows_of(bench.out, "telea")) == {"case-0", "case-2"}
    assert json.loads((bench.out / "results.json").read_text())["failed"] == {
        "telea/case-1": "no memory is left"
    }
    assert bench(cases, *command).code == 0
    assert len(rows_of(bench.out, "telea")) == 3
    assert json.loads((bench.out / "results.json").read_text())["failed"] == {}
