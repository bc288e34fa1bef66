"""`artifix ablate`: from cases to the grid, and into the weights."""

import csv
import importlib.util
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from artifix.weights.verification import verify_weights

FILES = {"gamma.csv", "gamma.npy", "gamma_box.npy", "gamma.png", "curves.png", "maps.png", "record.json"}
LAYERS = 7


@pytest.fixture
def ablate(artifix, cases, tiny_weights, tmp_path_factory):
    """Run the command on the two cases: ablate(option, ...), results in ablate.out."""
    out = tmp_path_factory.mktemp("results") / "out"

    def run(*more, given=cases, weights=tiny_weights):
        fixed = ("--out", out, "--weights", weights, "--device", "cpu", "--contexts", "1.8")
        return artifix("ablate", given, *fixed, *more)

    run.out = out
    return run


@pytest.fixture
def copied(tiny_weights, tmp_path_factory):
    """The weights with their index, to be changed."""
    folder = tmp_path_factory.mktemp("copied") / "weights"
    shutil.copytree(tiny_weights.parent, folder)
    return folder / tiny_weights.name


@pytest.fixture
def plain(monkeypatch):
    """Charts are not drawn: most tests do not look at them."""
    for name in ("grid_chart", "curve_chart"):
        monkeypatch.setattr(f"artifix.evaluation.ablation_files.{name}", lambda grid: b"a chart")


@pytest.fixture
def nothing_runs(monkeypatch):
    """Whoever loads the network fails the test."""

    def refuse(*_):
        raise AssertionError("the network was loaded")

    monkeypatch.setattr("artifix.cli.ablate.open_pipeline", refuse)


def test_a_run_writes_the_grid_in_every_form(ablate):
    run = ablate("--timesteps", "2", "--reading", "both")
    assert run.code == 0, run.err
    assert {path.name for path in ablate.out.iterdir()} == FILES
    rows = list(csv.DictReader(io.StringIO((ablate.out / "gamma.csv").read_text())))
    grid, boxes = np.load(ablate.out / "gamma.npy"), np.load(ablate.out / "gamma_box.npy")
    assert grid.shape == boxes.shape == (2, 2, LAYERS)
    assert grid.dtype == boxes.dtype == np.float32
    assert [float(row["miou"]) for row in rows] == pytest.approx(grid.ravel().tolist(), abs=1e-6)
    assert [float(row["box_miou"]) for row in rows] == pytest.approx(boxes.ravel().tolist(), abs=1e-6)
    places = [(row["reading"], row["timestep"], row["index"]) for row in rows]
    assert places[:2] == [("single", "0", "0"), ("single", "0", "1")]
    assert places[-1] == ("chain", "999", "6")
    assert rows[5]["layer"] == "up_blocks.1.attentions.0"
    assert {row["cases"] for row in rows} == {"2"}
    for name in ("gamma.png", "curves.png", "maps.png"):
        assert min(Image.open(ablate.out / name).size) > 200


@pytest.mark.usefixtures("plain")
def test_the_cell_chosen_is_the_highest_of_the_single_reading(ablate, tiny_weights):
    told = json.loads(ablate("--timesteps", "2", "--reading", "both", "--json").out)
    record = json.loads((ablate.out / "record.json").read_text())
    grid = np.load(ablate.out / "gamma.npy")
    chosen = record["chosen"]
    place = record["settings"]["timesteps"].index(chosen["timestep"]), chosen["index"]
    assert chosen["reading"] == "single"
    assert grid[0][place] == grid[0].max() == pytest.approx(chosen["miou"], abs=1e-6)
    assert record["settings"]["layers"][chosen["index"]] == chosen["layer"]
    assert record["settings"] == {
        "contexts": [1.8],
        "every": 1,
        "layers": record["settings"]["layers"],
        "readings": ["single", "chain"],
        "timesteps": [0, 999],
    }
    assert record["weights"] == {"name": "tiny", "sha256": verify_weights(tiny_weights)}
    assert record["calibration"] == {"layer": "up_blocks.1.attentions.0", "timestep": 0}
    assert [case["name"] for case in record["cases"]] == ["boxed", "known"]
    assert np.mean([case["miou"] for case in record["cases"]]) == pytest.approx(chosen["miou"], abs=1e-5)
    assert {"load_s", "total_s"} <= set(record["timings"])
    assert told == record | {"out": str(ablate.out), "files": sorted(FILES), "written": False}


@pytest.mark.usefixtures("plain")
def test_the_result_is_told_in_a_sentence(ablate):
    run = ablate("--at", "500", "--show", "0")
    assert run.out.startswith(f"{ablate.out}: best at timestep 500, layer ")
    assert run.out.endswith(", 2 cases\n")
    assert "read the layers 2/2" in run.err
    assert {path.name for path in ablate.out.iterdir()} == FILES - {"maps.png"}


@pytest.mark.usefixtures("plain")
def test_quiet_says_nothing(ablate):
    run = ablate("--at", "500", "--at", "3", "-q")
    assert (run.code, run.out, run.err) == (0, "", "")
    assert np.load(ablate.out / "gamma.npy").shape == (1, 2, LAYERS)


@pytest.mark.usefixtures("plain")
def test_a_manifest_is_measured_as_its_folder_is(ablate, cases):
    ablate("--at", "0", "--every", "2", "--show", "0")
    folder = np.load(ablate.out / "gamma.npy")
    manifest = cases / "cases.csv"
    row = "boxed/image.png,boxed/mask.png,boxed/reference.png"
    manifest.write_text(f'image,mask,reference,reference_box\n{row},"60,40,80,60"\n')
    run = ablate("--at", "0", "--show", "0", "--overwrite", given=manifest)
    assert run.code == 0, run.err
    assert np.array_equal(np.load(ablate.out / "gamma.npy"), folder)


@pytest.mark.usefixtures("plain")
def test_maps_are_drawn_of_the_cases_named(ablate):
    ablate("--at", "0")
    both = Image.open(ablate.out / "maps.png").size
    ablate("--at", "0", "--case", "known", "--overwrite")
    assert Image.open(ablate.out / "maps.png").height < both[1]


@pytest.mark.usefixtures("plain")
def test_the_choice_is_written_into_the_weights_which_still_load(ablate, copied):
    run = ablate("--at", "200", "--at", "700", "--write", "--json", weights=copied)
    assert run.code == 0, run.err
    told = json.loads(run.out)
    described = json.loads((copied / "model_index.json").read_text())
    assert described["alignment_layer"] == told["chosen"]["layer"]
    assert described["alignment_timestep"] == told["chosen"]["timestep"] in (200, 700)
    assert told["written"]
    assert f"{copied}: calibrated to {told['chosen']['layer']}" in run.err
    again = json.loads(ablate("--at", "0", "--json", "--overwrite", weights=copied).out)
    assert again["calibration"]["timestep"] in (200, 700)
    assert again["weights"]["sha256"] == verify_weights(copied) != told["weights"]["sha256"]


@pytest.mark.usefixtures("plain")
def test_a_card_that_tells_of_another_calibration_is_pointed_out(ablate, copied):
    card = copied / "README.md"
    assert "timestep 0" in card.read_text()
    said = f"{card}: tells of another calibration"
    run = ablate("--at", "0", "--write", "--json", weights=copied)
    layer = json.loads(run.out)["chosen"]["layer"]
    assert (said in run.err) == (f"`{layer}`, timestep 0" not in card.read_text())
    card.write_text(f"read at\n`{layer}`,\ntimestep 0.")
    assert said not in ablate("--at", "0", "--write", "--overwrite", weights=copied).err
    card.write_text(f"read at `{layer}`, timestep 7.")
    assert said in ablate("--at", "0", "--write", "--overwrite", weights=copied).err


@pytest.mark.usefixtures("plain")
def test_nothing_is_written_into_the_weights_unless_asked(ablate, copied):
    before = (copied / "model_index.json").read_bytes()
    ablate("--at", "700", weights=copied)
    assert (copied / "model_index.json").read_bytes() == before


@pytest.mark.usefixtures("plain")
def test_what_cannot_be_written_is_not_calibrated_either(ablate, copied, monkeypatch):
    before = verify_weights(copied)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    run = ablate("--at", "700", "--write", weights=copied)
    assert run.code == 7
    assert verify_weights(copied) == before
    assert not ablate.out.exists()


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--case", "other"], 2, "--case other: is none of the cases that are measured"),
        (["--every", "2", "--case", "known"], 2, "they are: boxed"),
        (["--reading", "chain", "--at", "3"], 2, "the levels of a chain are its steps"),
        (["--reading", "chain", "--write"], 2, "locate reads attention in a single pass"),
        (["--every", "2", "--write"], 2, "1 case is too few to calibrate by"),
        (["--reading", "twice"], 2, "twice"),
        (["--timesteps", "1"], 2, "timesteps is 1"),
        (["--at", "-1"], 2, "at is -1"),
        (["--every", "0"], 2, "every is 0"),
        (["--contexts", "0.5"], 2, "contexts is 0.5"),
        (["--write", "--weights", "none"], 4, "none: no such weights"),
    ],
)
def test_what_does_not_fit_together_is_refused_before_the_work(ablate, more, code, said):
    run = ablate(*more)
    assert (run.code, run.out) == (code, "")
    assert said in run.err
    assert not ablate.out.exists()


@pytest.mark.usefixtures("nothing_runs")
def test_cases_without_truth_are_named(ablate, cases):
    (cases / "known" / "region.png").unlink()
    run = ablate()
    assert run.code == 3
    assert "1 case without a true region: known (1 of 2 have one)" in run.err


@pytest.mark.usefixtures("nothing_runs")
def test_mistakes_of_a_manifest_are_told_together(ablate, cases):
    (cases / "cases.csv").write_text("image,mask,reference,region\n\na,b,c\n")
    run = ablate(given=cases / "cases.csv")
    assert run.code == 3
    assert "line 2: is empty" in run.err
    assert "line 3: has 3 cells, not 4" in run.err


@pytest.mark.usefixtures("nothing_runs")
def test_a_damaged_case_is_told_before_the_work(ablate, cases):
    (cases / "known" / "reference.png").write_bytes(b"no picture")
    run = ablate()
    assert run.code == 3
    assert "reference.png" in run.err


@pytest.mark.usefixtures("nothing_runs")
def test_a_folder_in_use_is_kept(ablate, cases):
    ablate.out.mkdir(parents=True)
    (ablate.out / "thesis.tex").touch()
    assert ablate("--overwrite").code == 7
    assert (ablate.out / "thesis.tex").exists()


@pytest.mark.usefixtures("nothing_runs")
def test_results_do_not_replace_the_cases(artifix, cases):
    run = artifix("ablate", cases, "--out", cases / "known", "--overwrite")
    assert run.code == 7
    assert "which would be lost" in run.err
    assert (cases / "known" / "image.png").exists()


@pytest.mark.usefixtures("nothing_runs")
def test_weights_that_cannot_be_changed_are_told_before_the_work(ablate, copied, monkeypatch):
    monkeypatch.setattr("artifix.network.stored_calibration.os.access", lambda path, mode: path != copied)
    run = ablate("--write", weights=copied)
    assert run.code == 7
    assert f"{copied}: is not writable" in run.err


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize("library", ["matplotlib", "skimage"])
def test_a_missing_library_is_told_with_its_remedy(ablate, monkeypatch, library):
    whole = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == library else whole(name))
    run = ablate()
    assert run.code == 2
    assert f"artifix ablate: needs {library}" in run.err
    assert 'pip install "artifix[eval]"' in run.err


@pytest.mark.usefixtures("plain")
def test_more_levels_than_the_schedule_has_are_refused(ablate, copied):
    scheduler = copied / "scheduler" / "scheduler_config.json"
    scheduler.write_text(scheduler.read_text().replace("1000", "20"))
    (copied.parent / "index.toml").unlink()
    (copied / "SHA256SUMS").unlink()
    run = ablate("--timesteps", "21", weights=copied)
    assert run.code == 2
    assert "--timesteps 21: the schedule has 20" in run.err
    assert not ablate.out.exists()
