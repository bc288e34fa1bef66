"""Intervals, strengths and agreement, beside published values and those of statsmodels 0.15."""

import numpy as np
import pytest

from artifix.evaluation.study.statistics import (
    bradley_terry,
    exact_share,
    fleiss_kappa,
    observed_agreement,
    two_sided_p,
)

# Baseball, American League East 1987 (Agresti, Categorical Data Analysis, 2nd ed., section 10.6): wins of
# Milwaukee, Detroit, Toronto, New York, Boston, Cleveland, Baltimore.
BASEBALL = np.array(
    [
        [0, 7, 9, 7, 7, 9, 11],
        [6, 0, 7, 5, 11, 9, 9],
        [4, 6, 0, 7, 7, 8, 12],
        [6, 8, 6, 0, 6, 7, 10],
        [6, 2, 6, 7, 0, 7, 12],
        [4, 4, 5, 6, 6, 0, 6],
        [2, 4, 1, 3, 1, 7, 0],
    ],
    float,
)
# Fleiss' form: 14 raters, 10 subjects, 5 categories; kappa .210.
SUBJECTS = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(0, 10, 0, 0.3085), (10, 10, 0.6915, 1), (8, 10, 0.4439, 0.9748), (1, 20, 0.0013, 0.2487)],
)
def test_intervals_of_shares_are_those_of_clopper_and_pearson(count, of, low, high):
    share = exact_share(count, of, 0.95)
    assert (share.value, share.low, share.high) == pytest.approx((count / of, low, high), abs=5e-5)


def test_choices_that_vary_twice_as_much_are_worth_half_as_many():
    assert exact_share(40, 100, 0.95, 2.0).low == pytest.approx(exact_share(20, 50, 0.95).low)
    assert exact_share(40, 100, 0.95, 2.0).high == pytest.approx(exact_share(20, 50, 0.95).high)
    assert exact_share(40, 100, 0.95, 0.5) == exact_share(40, 100, 0.95)


def test_of_nothing_nothing_is_known():
    share = exact_share(0, 0, 0.95)
    assert np.isnan(share.value)
    assert (share.low, share.high) == (0, 1)
    assert np.isnan(two_sided_p(0, 0))


def test_the_p_of_a_share_is_that_of_the_exact_test():
    assert two_sided_p(9, 10) == pytest.approx(22 / 1024)


def test_strengths_of_baseball_teams_are_those_of_agresti():
    values = bradley_terry(BASEBALL, 0.95).values
    told = (1.581, 1.436, 1.294, 1.248, 1.108, 0.684, 0)
    assert (values - values[-1]).tolist() == pytest.approx(told, abs=5e-4)
    assert values.sum() == pytest.approx(0, abs=1e-9)


def test_intervals_of_strengths_are_those_of_a_logistic_fit():
    fit = bradley_terry(BASEBALL, 0.95)  # statsmodels: GLM, binomial, the last strength minus the others
    assert fit.low[:3].tolist() == pytest.approx([0.12461865, -0.01393359, -0.1517507], abs=1e-6)
    assert fit.high[:3].tolist() == pytest.approx([0.93768803, 0.78634538, 0.64031588], abs=1e-6)


def test_of_two_methods_the_strength_is_the_log_odds():
    values = bradley_terry(np.array([[0, 30], [10, 0.0]]), 0.95).values
    assert values[0] - values[1] == pytest.approx(np.log(3), abs=1e-9)


def test_strengths_are_found_where_one_method_nearly_always_wins():
    wins = np.array([[0, 99999, 5e4], [1, 0, 10], [1, 10, 0]], float)
    values = bradley_terry(wins, 0.95).values
    chance = 1 / (1 + np.exp(values[None] - values[:, None]))
    np.testing.assert_allclose(((wins + wins.T) * chance).sum(1), wins.sum(1), rtol=1e-6)


def test_orders_of_two_methods_have_the_intervals_of_pairs():
    wins = np.array([[0, 30], [10, 0.0]])
    pairs, orders = bradley_terry(wins, 0.95), bradley_terry(wins, 0.95, {(0, 1): 30, (1, 0): 10})
    np.testing.assert_allclose(orders.low, pairs.low)


def test_strengths_of_orders_are_as_sure_as_they_say():
    """Of three methods with planted strengths; pairs taken for independent would hold nine times in ten."""
    random, planted, held = np.random.default_rng(0), np.array([1.0, 0.0, -1.0]), []
    for _ in range(400):
        given = np.argsort(-(planted + random.gumbel(size=(300, 3))), axis=1)
        orders, wins = {}, np.zeros((3, 3))
        for order in map(tuple, given.tolist()):
            orders[order] = orders.get(order, 0) + 1
            wins[order[0], list(order[1:])] += 1
            wins[order[1], order[2]] += 1
        fit = bradley_terry(wins, 0.95, orders)
        held += [fit.low <= planted, planted <= fit.high]
    assert np.mean(np.logical_and(held[::2], held[1::2])) == pytest.approx(0.95, abs=0.015)


def test_there_is_no_strength_where_a_method_always_won():
    fit = bradley_terry(np.array([[0, 5, 5], [0, 0, 3], [0, 2, 0]], float), 0.95)
    assert np.isnan(fit.values).all()
    assert np.isnan(fit.low).all()
    assert sorted(fit.groups) == [(0,), (1, 2)]
    assert fit.are_connected


def test_there_is_no_strength_between_methods_that_were_never_compared():
    wins = np.zeros((4, 4))
    wins[0, 1] = wins[1, 0] = wins[2, 3] = wins[3, 2] = 5
    fit = bradley_terry(wins, 0.95)
    assert np.isnan(fit.values).all()
    assert sorted(fit.groups) == [(0, 1), (2, 3)]
    assert not fit.are_connected


def test_kappa_is_that_of_statsmodels():
    assert fleiss_kappa([SUBJECTS]) == pytest.approx(0.20993070442195522, abs=1e-12)


def test_kappa_does_not_depend_on_which_of_two_answers_is_the_first():
    table, other = np.array([[5, 1], [4, 2], [0, 6]]), np.array([[6, 0], [2, 4]])
    assert fleiss_kappa([table, other]) == pytest.approx(fleiss_kappa([table[:, ::-1], other]))


def test_full_agreement_is_one_and_a_draw_is_about_nothing():
    assert fleiss_kappa([np.array([[6, 0], [0, 6]])]) == pytest.approx(1)
    drawn = np.random.default_rng(0).binomial(40, 0.5, 2000)
    assert fleiss_kappa([np.column_stack([drawn, 40 - drawn])]) == pytest.approx(0, abs=0.005)


@pytest.mark.parametrize("table", [[[3, 0], [3, 0]], [[1, 0], [0, 1]], np.zeros((0, 2))])
def test_there_is_no_kappa_of_one_answer_one_rater_or_no_question(table):
    assert np.isnan(fleiss_kappa([np.array(table, int)]))


def test_agreement_is_the_share_of_pairs_of_raters():
    assert observed_agreement([np.array([[3, 1]]), np.array([[2, 2]])]) == pytest.approx(5 / 12)
    assert np.isnan(observed_agreement([np.array([[1, 0]])]))
