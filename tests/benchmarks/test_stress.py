import csv
from dataclasses import replace

import numpy as np
import pytest

from artifix.errors import NoMatchError
from artifix.evaluation.cases import KnownCase
from artifix.inputs.arrays import case_from_arrays


@pytest.fixture(scope="session")
def script(benchmark_script):
    return benchmark_script("stress")


def known(scene, name="turn-90-03", seed=0):
    """A case whose reference is the image turned by a quarter."""
    image = scene(240, 260, seed)
    mask = np.zeros((240, 260), bool)
    mask[80:120, 60:110] = True
    spoiled = np.where(mask[..., None], np.uint8(90), image)
    case = case_from_arrays(spoiled, mask, np.rot90(image).copy())
    return KnownCase(name, case, image, np.rot90(mask).copy())


def test_sift_follows_a_turn(script, scene):
    case = known(scene)
    finding = script.measure(case, "sift", script.locate_sift)
    assert (finding.kind, finding.method, finding.refused, finding.hit) == ("turn-90", "sift", 0, 1)
    assert finding.iou > 0.9
    assert finding.box > 0.9


def test_sift_refuses_a_reference_without_features(script, scene):
    case = known(scene)
    blank = case_from_arrays(case.case.image.rgb, case.case.mask, np.full((100, 100, 3), 128, np.uint8))
    finding = script.measure(KnownCase("a-00", blank, None, np.eye(100) > 0), "sift", script.locate_sift)
    assert (finding.refused, finding.hit, finding.iou, finding.box) == (1, 0, 0, 0)


def test_sift_looks_beside_the_mask_only(script, scene):
    case = known(scene)
    everywhere = np.ones(case.case.mask.shape, np.float32)
    everywhere[:5, :5] = 0
    hidden = replace(case.case, blend=everywhere)
    assert script.locate_sift(hidden) is None
    assert script.locate_sift(case.case) is not None


def test_a_refusal_of_the_pipeline_is_a_miss(script, scene):
    class Refusing:
        def locate(self, case, config):
            raise NoMatchError("nothing matches")

    case = known(scene)
    finding = script.measure(case, "artifix", lambda c: script.locate_artifix(Refusing(), c))
    assert (finding.refused, finding.hit, finding.iou) == (1, 0, 0)


def test_the_table_has_a_row_for_each_kind_and_one_for_all(script, capsys):
    rows = [
        script.Finding(f"{kind}-{n:02}", kind, method, hit, hit / 2, hit, 1 - hit, 0.5)
        for kind in ("turn-90", "blur")
        for n in range(2)
        for method, hit in (("artifix", float(kind == "blur")), ("sift", float(n)))
    ]
    script.print_table(rows)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| kind | cases | hit artifix | hit sift | iou artifix | iou sift |")
    assert [line.split(" | ")[:4] for line in lines[2:]] == [
        ["| blur", "2", "1.00", "0.50"],
        ["| turn-90", "2", "0.00", "0.50"],
        ["| all", "4", "0.50", "0.50"],
    ]


def test_rows_are_written_for_each_case_and_method(script, scene, tmp_path):
    finding = script.measure(known(scene), "sift", script.locate_sift)
    script.write_rows(tmp_path / "deep" / "rows.csv", [finding])
    with (tmp_path / "deep" / "rows.csv").open() as file:
        row = next(csv.DictReader(file))
    assert row["case"] == "turn-90-03"
    assert float(row["iou"]) == pytest.approx(finding.iou)


@pytest.mark.parametrize(
    ("name", "kind"), [("small-logo-12", "small-logo"), ("blur-00", "blur"), ("mug", "mug")]
)
def test_the_kind_is_the_name_without_its_number(script, name, kind):
    assert script.kind_of(name) == kind


def test_a_folder_without_cases_is_refused(script, tmp_path, capsys):
    assert script.main([str(tmp_path)]) == 3
    assert "holds no cases" in capsys.readouterr().err
