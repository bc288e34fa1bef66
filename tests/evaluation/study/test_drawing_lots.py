"""Draws that a text determines."""

from collections import Counter

import pytest

from artifix.evaluation.study.drawing_lots import Lots


def test_the_same_text_draws_the_same_for_ever():
    """The page draws these too; other numbers would contradict answers that were given before."""
    lots = Lots("study/rater/realism")
    assert [lots.below(1000) for _ in range(6)] == [161, 511, 478, 74, 250, 153]
    assert Lots("study/rater/realism").shuffled("abcdef") == list("defbca")


def test_near_texts_draw_differently():
    drawn = {tuple(Lots(f"study/r{number}/realism").shuffled(range(8))) for number in range(100)}
    assert len(drawn) > 95


@pytest.mark.parametrize("count", [2, 3, 7])
def test_each_number_is_as_likely_as_any_other(count):
    lots = Lots("even")
    found = Counter(lots.below(count) for _ in range(6000))
    assert sorted(found) == list(range(count))
    assert max(abs(times - 6000 / count) for times in found.values()) < 200


def test_every_order_is_as_likely_as_any_other():
    found = Counter(tuple(Lots(f"order{number}").shuffled("abc")) for number in range(6000))
    assert len(found) == 6
    assert max(abs(times - 1000) for times in found.values()) < 130
