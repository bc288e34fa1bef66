"""The one score of transforms: what is fitted, what is left out, what is chosen."""

import json

import evidence
import numpy as np
import pytest

from artifix.registration.evidence import NAMES


def row(overlap: float, case: str = "a", own: bool = True, rank: int = 0, **told: float) -> dict:
    return {"case": case, "own": own, "rank": rank, "overlap": overlap} | dict.fromkeys(NAMES, 0.0) | told


def drawn(count: int = 80, seed: int = 0) -> list[dict]:
    """Rows in which the surroundings and attention tell right from wrong, stretch the reverse."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        right = number % 2 == 0
        rows.append(
            row(
                0.8 if right else 0.05,
                case=f"c-{number}",
                surroundings=random.normal(0.7 if right else 0.3, 0.12),
                attention=random.normal(0.6 if right else 0.3, 0.15),
                stretch=abs(random.normal(0.0 if right else 0.2, 0.1)),
                strokes=random.normal(0.3, 0.1),
            )
        )
    return rows


def logit_of(told: dict[str, float], logit: dict[str, float]) -> float:
    return sum(logit[name] * told[name] for name in NAMES) + logit["bias"]


def test_a_fit_finds_what_speaks_for_and_against():
    logit = evidence.fit(drawn())
    assert set(logit) == {*NAMES, "bias"}
    assert logit["surroundings"] > 1
    assert logit["attention"] > 0
    assert logit["stretch"] < 0
    assert logit["band"] == pytest.approx(0, abs=1e-6)  # it never varied
    right = [logit_of(r, logit) > 0 for r in drawn(seed=1) if r["overlap"] > 0.5]
    wrong = [logit_of(r, logit) < 0 for r in drawn(seed=1) if r["overlap"] < 0.2]
    assert min(np.mean(right), np.mean(wrong)) > 0.85


def test_nothing_that_speaks_for_a_transform_is_counted_against_it():
    upside_down = [r | {"overlap": 0.85 - r["overlap"]} for r in drawn()]
    logit = evidence.fit(upside_down)
    assert all(logit[name] >= 0 for name in NAMES if name != "stretch")
    assert logit["stretch"] <= 0


def test_overlaps_in_between_are_shown_to_nobody():
    between = [row(overlap, surroundings=-9.0) for overlap in (0.2, 0.35, 0.49)] * 30
    assert evidence.fit([*drawn(), *between]) == evidence.fit(drawn())
    assert evidence.fit([*drawn(), *[row(0.5, surroundings=-9.0)] * 30]) != evidence.fit(drawn())


def test_right_and_wrong_weigh_the_same_however_many_there_are():
    many = [r for r in drawn() if r["overlap"] < 0.2]
    logit, lopsided = evidence.fit(drawn()), evidence.fit([*drawn(), *many, *many])
    middle = row(0, surroundings=0.5, attention=0.45, stretch=0.05, strokes=0.3)
    assert logit_of(middle, lopsided) == pytest.approx(logit_of(middle, logit), abs=0.6)


ONLY_BAND = dict.fromkeys(NAMES, 0.0) | {"band": 10.0, "bias": -5.0}


def test_the_best_of_each_search_is_chosen_with_its_probability():
    rows = [
        row(0.1, "a", rank=0, band=0.4),
        row(0.9, "a", rank=1, band=0.9),
        row(0.0, "a", own=False, band=0.2),
        row(0.7, "b", band=0.5),
    ]
    chosen = evidence.choices(rows, ONLY_BAND)
    assert [r["overlap"] for r, _ in chosen] == [0.9, 0.0, 0.7]
    assert [p for _, p in chosen] == pytest.approx([1 / (1 + np.exp(-4)), 1 / (1 + np.exp(3)), 0.5])


def test_choices_and_refusals_are_counted(capsys):
    rows = [
        row(0.9, "a", band=0.9),
        row(0.8, "b", band=0.1),
        row(0.1, "c", band=0.9),
        row(0.0, "a", own=False, band=0.2),
    ]
    evidence.print_choices(rows, ONLY_BAND)
    said = capsys.readouterr().out
    assert "| right transform chosen | 2 of 3 | 0.500 |" in said
    assert "| reference of another object | 1 | 1.000 |" in said


def test_what_is_left_out_is_counted_and_not_fitted(tmp_path, capsys):
    path = tmp_path / "rows.jsonl"
    left_out = [row(0.9, "held-1", surroundings=-5.0), row(0.0, "held-1", own=False, surroundings=5.0)]
    path.write_text("".join(json.dumps(r) + "\n" for r in [*drawn(), *left_out]))
    assert evidence.main(["fit", str(path), "--leave-out", "held"]) == 0
    logit, *table = capsys.readouterr().out.splitlines()
    assert json.loads(logit) == evidence.fit(drawn())
    assert "| right transform chosen | 1 of 1 | 1.000 |" in table
    assert evidence.main(["fit", str(path)]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0]) != json.loads(logit)


def test_a_stranger_that_shows_the_same_print_is_no_stranger(scene):
    from types import SimpleNamespace

    picture, mask = scene(200, 220), np.zeros((200, 220), bool)
    mask[80:120, 90:130] = True
    known = SimpleNamespace(truth=picture, case=SimpleNamespace(mask=mask))
    assert evidence.shows_the_same_print(known, scene(200, 220)[5:, 8:].copy())
    assert not evidence.shows_the_same_print(known, scene(200, 220, 40))
    assert not evidence.shows_the_same_print(SimpleNamespace(truth=None), picture)
