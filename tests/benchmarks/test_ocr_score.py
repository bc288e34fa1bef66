"""The planted errors of benchmarks/ocr_score.py."""

import importlib.util

import numpy as np
import pytest


@pytest.fixture(scope="module")
def ocr_score(benchmark_script):
    return benchmark_script("ocr_score")


def test_results_differ_from_the_image_in_the_planted_letters_only(ocr_score):
    planted = ocr_score.planted_case(3)
    changed = [int((one.refined != one.image).any(-1)[one.mask].sum()) for one in planted.results.values()]
    assert changed[0] == 0
    assert 0 < changed[1] < changed[2]
    assert all((one.refined == one.image)[~one.mask].all() for one in planted.results.values())
    assert len(planted.text) == 12


def test_a_seed_draws_the_same_case_again(ocr_score):
    first, second = (ocr_score.planted_case(5).results[3] for _ in range(2))
    assert np.array_equal(first.refined, second.refined)
    assert np.array_equal(first.reference, second.reference)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("rapidocr") is None, reason="needs artifix[ocr]")
def test_planted_errors_are_ranked_right(ocr_score, capsys):
    assert ocr_score.main(["--cases", "5"]) == 0
    assert "ranked right: 5 of 5" in capsys.readouterr().out
