import csv
import importlib.util

import numpy as np
import pytest
from degradations import DEGRADATIONS
from PIL import Image

from artifix.errors import NoMatchError
from artifix.evaluation.cases import KnownCase
from artifix.inputs.arrays import case_from_arrays


@pytest.fixture(scope="session")
def script(benchmark_script):
    return benchmark_script("robustness")


@pytest.fixture
def known(scene):
    truth, mask = scene(120, 150), np.zeros((120, 150), bool)
    mask[40:70, 50:90] = True
    image = np.where(mask[..., None], np.uint8(90), truth)
    return KnownCase("mug-00", case_from_arrays(image, mask, truth), truth, mask.copy())


class Refusing:
    """A pipeline that finds nothing."""

    def refine(self, case, config):
        raise NoMatchError("nothing matches")


def test_a_degraded_reference_leaves_the_image_and_takes_the_region_along(script, known):
    after = script.degrade(known, "reference", "warp", 1.0, known.truth, 0)
    assert (after.case.image.rgb == known.case.image.rgb).all()
    assert (after.case.mask == known.case.mask).all()
    assert (after.truth == known.truth).all()
    assert (after.case.reference.rgb != known.case.reference.rgb).any()
    assert (after.region != known.region).any()


@pytest.mark.parametrize("name", ["warp", "noise", "hue"])
def test_a_degraded_image_takes_mask_and_truth_along(script, known, name):
    after = script.degrade(known, "image", name, 1.0, known.truth, 0)
    agree = (after.case.image.rgb == after.truth).all(-1)
    assert agree[~after.case.mask].mean() > 0.97
    assert not agree[after.case.mask].all()
    assert (after.truth != known.truth).any()
    assert (after.case.reference.rgb == known.case.reference.rgb).all()
    assert (after.region == known.region).all()
    assert (after.case.mask != known.case.mask).any() == (name == "warp")


def test_strengths_share_their_random_change(script, known):
    weak, again, strong = (
        script.degrade(known, "reference", "noise", strength, known.truth, 0).case.reference.rgb.astype(int)
        - known.truth
        for strength in (0.2, 0.2, 0.4)
    )
    assert (weak == again).all()
    assert np.corrcoef(weak.ravel(), strong.ravel())[0, 1] > 0.9


def test_every_case_is_measured_unchanged_and_at_every_strength(script, known, capsys):
    rows = script.measure_all(Refusing(), [known, known], "reference", ["hue", "blur"], 0)
    assert len(rows) == 2 * (1 + 2 * len(script.STRENGTHS))
    assert {row.refused for row in rows} == {1.0}
    assert {row.iou for row in rows} == {0.0}
    assert rows[0].degradation == script.UNCHANGED
    assert "mug-00: 2 of 2" in capsys.readouterr().err


def measurements(script):
    points = [(script.UNCHANGED, 0.0), *(("hue", s) for s in script.STRENGTHS)]
    return [
        script.Measurement(f"c{n}", name, strength, 1 - strength, 1.0, 0.0, 30 - 10 * strength - n, 0.9)
        for name, strength in points
        for n in (0, 2)
    ]


def test_a_curve_starts_unchanged_and_holds_means(script):
    assert script.curve(measurements(script), "hue", "psnr") == pytest.approx([29, 27, 25, 23, 21, 19])


def test_the_table_has_a_row_for_each_strength(script, capsys):
    script.print_table(measurements(script), ["hue"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + 1 + len(script.STRENGTHS)
    assert lines[2] == "| none | 0 | 2 | 1.000 | 1.000 | 0.000 | 29.000 | 0.900 |"


def test_rows_and_plot_are_written(script, tmp_path):
    pytest.importorskip("matplotlib")
    rows = measurements(script)
    script.write_rows(tmp_path / "new" / "robustness.csv", rows)
    script.plot(tmp_path / "new" / "robustness.png", rows, ["hue"], "reference")
    with (tmp_path / "new" / "robustness.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(rows)
    with Image.open(tmp_path / "new" / "robustness.png") as picture:
        assert picture.width > 1000
        assert len(set(picture.convert("RGB").resize((150, 60)).getdata())) > 10


def test_without_matplotlib_it_says_how_to_get_it_before_the_long_part(
    script, known, tmp_path, monkeypatch, capsys
):
    whole = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "matplotlib" else whole(name)
    )
    assert script.main([str(tmp_path), "--out", str(tmp_path / "new")]) == 2
    assert "pip install matplotlib" in capsys.readouterr().err


def write(folder, known, region=True):
    folder.mkdir(parents=True)
    files = {"image": known.case.image.rgb, "mask": known.case.mask, "reference": known.case.reference.rgb}
    files["truth"] = known.truth
    if region:
        files["region"] = known.region
    for name, pixels in files.items():
        Image.fromarray(pixels).save(folder / f"{name}.png")


def test_cases_without_an_answer_or_neighbour_are_refused(script, known, tmp_path, capsys):
    write(tmp_path / "one" / "a-00", known)
    assert script.main([str(tmp_path / "one")]) == 3
    assert "one case is too few" in capsys.readouterr().err
    write(tmp_path / "one" / "a-01", known, region=False)
    assert script.main([str(tmp_path / "one")]) == 3
    assert "a-01: its answer is not known" in capsys.readouterr().err


def test_an_unknown_degradation_is_told_with_the_known_ones(script, tmp_path, capsys):
    with pytest.raises(SystemExit):
        script.main([str(tmp_path), "--only", "rain"])
    told = capsys.readouterr().err
    assert all(name in told for name in DEGRADATIONS)
