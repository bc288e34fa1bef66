"""`artifix stats`: from masks to figures, and what is refused."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

FILES = {"shares.png", "irregularity.png", "masks.png", "masks.csv", "record.json"}


@pytest.fixture
def masks(tmp_path):
    """Ten masks of 0 to 9 % of their image, in a folder."""
    folder = tmp_path / "given"
    folder.mkdir()
    for percent in range(10):
        mask = np.zeros((50, 100), np.uint8)
        mask[:50, 40 : 40 + percent] = 255
        Image.fromarray(mask).save(folder / f"{percent}.png")
    return folder


def test_a_run_writes_all_files_and_tells_what_it_found(artifix, masks, tmp_path):
    out = tmp_path / "out"
    run = artifix("stats", masks, "--out", out)
    assert run.code == 0, run.err
    assert {path.name for path in out.iterdir()} == FILES
    said = "33.3 % of those that mark something under 4 % of the image, 5.00 % on average"
    assert run.out.splitlines()[-1] == f"{out}: 10 masks, {said}, 1 empty"
    assert run.out.startswith("share of the image: 33.3 % under 4 % (3 of 9)\n")
    rows = list(csv.DictReader(io.StringIO((out / "masks.csv").read_text())))
    assert [float(row["share"]) for row in rows] == pytest.approx([percent / 100 for percent in range(10)])
    assert rows[0]["mask"] == f"{masks}/0.png"
    assert (rows[0]["parts"], rows[0]["compactness"], rows[1]["parts"]) == ("0", "", "1")
    record = json.loads((out / "record.json").read_text())
    assert (record["masks"], record["empty"], record["bad"]) == (10, 1, 0)
    assert len(record["shown"]) == 9
    for name in ("shares.png", "irregularity.png", "masks.png"):
        assert Image.open(out / name).width > 300


def test_equal_runs_write_equal_bytes_and_another_seed_another_sheet(artifix, masks, tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        assert artifix("stats", masks, "--out", tmp_path / name, "--show", 4, "--seed", seed).code == 0
    for file in FILES:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert (tmp_path / "a" / "masks.png").read_bytes() != (tmp_path / "c" / "masks.png").read_bytes()


def test_without_out_nothing_is_written_and_the_json_is_the_record(artifix, masks, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    run = artifix("stats", masks, "--json")
    record = json.loads(run.out)
    assert (record["out"], record["files"], record["small"]["masks"]) == (None, [], 3)
    assert sorted(tmp_path.rglob("*")) == before


def test_quiet_says_nothing(artifix, masks):
    run = artifix("stats", masks, "--quiet")
    assert (run.code, run.out, run.err) == (0, "", "")


def test_bad_masks_are_all_told_and_nothing_is_written_unless_they_are_left_out(artifix, masks, tmp_path):
    (masks / "a.png").write_text("no picture")
    Image.fromarray(np.random.default_rng(0).integers(60, 200, (50, 100, 3), np.uint8)).save(masks / "b.png")
    out = tmp_path / "out"
    run = artifix("stats", masks, "--out", out)
    assert (run.code, run.out, out.exists()) == (3, "", False)
    assert "error: 2 of 12 masks cannot be used:" in run.err
    assert "a.png: is not an image" in run.err
    assert "b.png: is in colour" in run.err
    assert "--skip-bad" in run.err
    run = artifix("stats", masks, "--out", out, "--skip-bad")
    assert run.code == 0
    assert run.err.count("left out: ") == 2
    assert run.out.rstrip().endswith("2 left out")
    record = json.loads((out / "record.json").read_text())
    assert [one["mask"] for one in record["left_out"]] == [f"{masks}/a.png", f"{masks}/b.png"]


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("--show", "-1"), 2, "show is -1"),
        (("--workers", "0"), 2, "workers is 0"),
        (("--mask-threshold", "0"), 2, "mask_threshold is 0"),
        (("nothere",), 3, "nothere: no such file or folder"),
    ],
)
def test_wrong_usage_is_told(artifix, masks, more, code, said):
    run = artifix("stats", masks, *more)
    assert run.code == code
    assert said in run.err


def test_a_folder_in_use_or_that_holds_the_masks_is_refused_before_they_are_read(artifix, masks, tmp_path):
    run = artifix("stats", masks, "--out", tmp_path)
    assert (run.code, "holds the input" in run.err) == (7, True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("mine")
    run = artifix("stats", masks, "--out", tmp_path / "other", "--overwrite")
    assert (run.code, "is no earlier result" in run.err) == (7, True)
    assert "measure" not in run.err


def test_without_matplotlib_the_figures_are_told_and_files_refused(artifix, masks, tmp_path, monkeypatch):
    from artifix.training import optional_packages

    monkeypatch.setattr(optional_packages.importlib.util, "find_spec", lambda name: None)
    assert artifix("stats", masks).code == 0
    run = artifix("stats", masks, "--out", tmp_path / "out")
    assert run.code == 2
    assert 'pip install "artifix[eval]"' in run.err
