"""Plans of raters, and the draw of questions."""

from collections import Counter
from itertools import combinations

import pytest

from artifix.evaluation.study.study import balanced, plan_of
from tests.evaluation.study.conftest import drawn_study

STUDY = drawn_study({("a", "b"): 40, ("a", "c"): 40}, parts=("fidelity", "realism"))


def test_a_plan_asks_every_question_once_and_realism_first():
    plan = plan_of(STUDY, "r1")
    assert sorted(step.question.id for step in plan) == sorted(q.id for q in STUDY.questions)
    assert [step.question.part for step in plan] == ["realism"] * 81 + ["fidelity"] * 81


def test_a_plan_is_the_same_again_and_another_for_another_rater():
    assert plan_of(STUDY, "r1") == plan_of(STUDY, "r1")
    orders = [[step.question.id for step in plan_of(STUDY, rater)] for rater in ("r1", "r2")]
    assert orders[0] != orders[1]


def test_a_method_is_as_often_on_either_side():
    sides = Counter(
        step.question.methods[step.shown[0]] for rater in range(50) for step in plan_of(STUDY, f"r{rater}")
    )
    assert abs(sides["a"] / (sides["a"] + sides["b"] + sides["c"]) - 0.5) < 0.02


@pytest.mark.parametrize(("methods", "cases"), [(4, 6), (4, 7), (3, 3), (2, 5), (5, 20)])
def test_questions_are_all_different_and_spread_evenly(methods, cases):
    pairs = list(combinations("abcdefgh"[:methods], 2))
    names = [f"case{number}" for number in range(cases)]
    whole = balanced(pairs, names, len(pairs) * cases)
    assert len(set(whole)) == len(pairs) * cases
    for count in range(1, len(whole)):
        drawn = balanced(pairs, names, count)
        by_pair = Counter(pair for _, pair in drawn)
        by_case = Counter(case for case, _ in drawn)
        assert max(by_pair.values()) - min(by_pair[pair] for pair in pairs) <= 1
        assert max(by_case.values()) - min(by_case[name] for name in names) <= 2
