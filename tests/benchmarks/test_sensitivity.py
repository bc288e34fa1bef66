"""What numbers set by hand are worth: how they are varied, what is run again, and what is told."""

from types import SimpleNamespace

import numpy as np
import pytest
import sensitivity
from sensitivity import main, trials, try_value, varied
from sensitivity_subject import OnceDrawn, Recording, numbers_of, repaired, subject_of
from sensitivity_table import Row, by_number, markdown, read_rows, table

from artifix.evaluation.cases import read_known_case
from artifix.geometry import Box
from artifix.network.device import choose_device, choose_dtype
from artifix.pretrained import load_pipeline
from artifix.refinement import tuning
from artifix.refinement.network_refiner import NetworkRefiner
from artifix.refinement.refiner import Canvas

REFINEMENT = "refinement"


@pytest.fixture
def pipeline(tiny_weights):
    device = choose_device("cpu")
    return load_pipeline(tiny_weights, device, choose_dtype("auto", device))


@pytest.fixture
def subject(pipeline, cases):
    return subject_of(pipeline, read_known_case(cases / "known"))


def row(name: str, tried: str = "1", **figures) -> Row:
    told = {"cases": 4, "moved": 0, "mean": 0.0, "median": 0.0, "largest": 0.0, "flips": 0, "failed": 0}
    return Row(REFINEMENT, name, "2", tried, **(told | figures))


@pytest.mark.parametrize(
    ("value", "unit", "less", "more"),
    [
        (4.0, "px", 3.2, 5.0),
        (16, "px", 13, 20),
        (1, "grey levels", 0, 2),
        (0.9, "share of a pixel", 0.875, 0.92),
        (0.4, "share of a pixel", 0.32, 0.5),
        (0.9, "log of a ratio", 0.72, 1.125),
        ((0.0, 0.8), "px", (0.0, 0.64), (0.0, 1.0)),
    ],
)
def test_numbers_are_varied_by_the_factor_integers_by_one_and_shares_stay_below_one(value, unit, less, more):
    assert varied(value, 1 / 1.25, unit) == pytest.approx(less)
    assert varied(value, 1.25, unit) == pytest.approx(more)


def test_every_number_of_a_room_is_tried_both_ways():
    tried = list(trials([REFINEMENT], 1.25))
    assert len(tried) == 2 * len(tuning.RefinementTuning.__dataclass_fields__)
    values = [value for _, name, value in tried if name == "feather_share"]
    assert values == pytest.approx([0.2, 0.3125])


def test_a_recording_tells_which_numbers_were_read_and_the_room_gets_its_own_back():
    before, recording = tuning.REFINEMENT, Recording(tuning.REFINEMENT)
    with numbers_of(REFINEMENT, recording):
        assert tuning.REFINEMENT.feather_share == before.feather_share
    assert recording.read == {"feather_share"}
    assert tuning.REFINEMENT is before


def test_the_network_is_asked_again_only_where_its_input_is_another(monkeypatch):
    asked = []
    refiner = NetworkRefiner(SimpleNamespace(reference_size_px=8))
    monkeypatch.setattr(NetworkRefiner, "_condition", lambda *given: asked.append(given) or object())
    monkeypatch.setattr(NetworkRefiner, "_draw", lambda refiner, condition, seeds: (condition, seeds))
    crop, mask, reference = np.zeros((2, 2, 3)), np.ones((2, 2)), np.zeros((4, 4, 3), np.uint8)
    with OnceDrawn().instead():
        first, again, other = (
            refiner._draw(refiner._condition(Canvas(seen, mask, None, reference, Box(0, 0, 4, 4))), [0])
            for seen in (crop, crop.copy(), crop + 1)
        )
    assert first is again
    assert other is not first
    assert len(asked) == 2


def test_a_repair_from_the_stored_search_is_the_same_and_a_number_that_is_read_moves_it(pipeline, subject):
    assert np.array_equal(repaired(pipeline, subject), subject.refined)
    still = try_value(pipeline, [subject], REFINEMENT, "region_context", tuning.REFINEMENT.region_context)
    assert (still.moved, still.failed, still.mean) == (0, 0, 0)
    assert "light_fit_reach_px" in subject.read[REFINEMENT]
    moved = try_value(pipeline, [subject], REFINEMENT, "light_fit_reach_px", 6.0)
    assert (moved.cases, moved.moved) == (1, 1)
    assert moved.failed == 0


def test_a_number_that_no_case_reads_is_not_tried(pipeline, subject, monkeypatch):
    subject.read[REFINEMENT].discard("inpaint_radius_px")
    monkeypatch.setattr(sensitivity, "moved_by", lambda *_: pytest.fail("was run"))
    assert try_value(pipeline, [subject], REFINEMENT, "inpaint_radius_px", 4).moved == 0


def test_a_value_that_breaks_a_case_is_counted(pipeline, subject, monkeypatch, capsys):
    def broken(*_):
        raise ValueError("nonsense")

    monkeypatch.setattr(sensitivity, "moved_by", broken)
    assert try_value(pipeline, [subject], REFINEMENT, "feather_share", -1.0).failed == 1
    assert "nonsense" in capsys.readouterr().err


def test_the_table_is_by_effect_and_says_what_moved_nothing():
    rows = [row("a", mean=-0.1, moved=1), row("b", mean=0.2, moved=3), row("c"), row("b", "3", mean=0.1)]
    assert [group[0].name for group in by_number(rows)] == ["b", "a", "c"]
    said = table(rows)
    assert said.index("| b | 2 | 3 |") < said.index("| a |")
    assert "moved nothing (1): refinement.c" in said


def test_the_page_of_all_numbers_has_a_line_for_each_with_its_source_and_effect():
    page = markdown([row("feather_share", mean=-0.012, largest=0.1, moved=3), row("feather_share", "3")])
    (line,) = [line for line in page.splitlines() if "`feather_share`" in line]
    assert line.startswith("| refinement | `feather_share` | 0.25 | of a part's inner radius")
    assert line.endswith("| chosen by hand, not measured | -0.012 / +0.000 dB, largest 0.10 dB; 3 of 4 |")


def test_a_run_writes_rows_at_once_and_goes_on_where_it_stopped(cases, tiny_weights, monkeypatch, capsys):
    out, page = cases / "rows.csv", cases / "page.md"
    asked = [cases, "--every", 2, "--room", REFINEMENT, "--weights", tiny_weights, "--device", "cpu"]
    arguments = [str(part) for part in [*asked, "--out", out, "--markdown", page]]
    few = [(REFINEMENT, "feather_share", 0.2), (REFINEMENT, "feather_share", 0.3)]
    monkeypatch.setattr(sensitivity, "trials", lambda *_: iter(few))
    assert main(arguments) == 0
    assert [each.tried for each in read_rows(out)] == ["0.2", "0.3"]
    assert "`feather_share`" in page.read_text()
    few.append((REFINEMENT, "soft_whole", 0.5))
    assert main(arguments) == 3
    assert "is there already" in capsys.readouterr().err
    assert main([*arguments, "--resume"]) == 0
    assert [each.name for each in read_rows(out)] == ["feather_share", "feather_share", "soft_whole"]


def test_a_file_that_is_no_table_of_rows_is_refused(cases, tmp_path, capsys):
    out = tmp_path / "other.csv"
    out.write_text("a,b\n1,2\n")
    assert main([str(cases), "--out", str(out), "--resume"]) == 3
    assert "is no file of this benchmark" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--factor", "1"], ["--every", "2", "3"], ["--room", "none"]])
def test_what_cannot_be_asked_is_refused(wrong, tmp_path):
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--out", str(tmp_path / "rows.csv"), *wrong])
