import numpy as np
import pytest
from scipy import stats

from artifix.evaluation.bench.statistics import compare, estimate, holm

NAN = float("nan")


def test_a_mean_lies_in_its_interval_and_counts_what_is_known():
    one = estimate(np.array([1.0, 2.0, NAN, 6.0]))
    assert one.mean == 3
    assert one.cases == 3
    assert 1 <= one.low < 3 < one.high <= 6


def test_nothing_is_estimated_from_nothing_and_one_case_has_no_spread():
    assert np.isnan(estimate(np.array([NAN, NAN]))[:3]).all()
    assert estimate(np.array([])).cases == 0
    assert estimate(np.array([4.0, NAN])) == (4, 4, 4, 1)


def test_the_same_seed_draws_the_same_interval():
    values = np.random.default_rng(3).normal(size=30)
    assert estimate(values) == estimate(values)
    assert estimate(values).low != estimate(values, seed=1).low


def test_intervals_cover_the_true_mean_about_as_often_as_they_say():
    random = np.random.default_rng(0)
    samples = random.normal(2.0, 1.5, (300, 40))
    covered = [one.low <= 2.0 <= one.high for one in map(estimate, samples)]
    # 93.5 % are expected of the percentile interval at 40 values; three deviations of 300 draws around it.
    assert 0.89 <= np.mean(covered) <= 0.98


def test_intervals_of_many_values_are_as_wide_as_the_normal_ones():
    values = np.random.default_rng(1).normal(size=2000)
    one = estimate(values)
    half = 1.96 * values.std() / np.sqrt(2000)
    assert one.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert one.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_signed_ranks_of_five_gains_are_counted_by_hand():
    # All of 5 differences are positive: 2 of the 2^5 signs are as extreme.
    result = compare(np.array([2.0, 4, 6, 8, 10]), np.array([1.0, 2, 3, 4, 5]))
    assert result.p == pytest.approx(2 / 32)
    assert result.difference.mean == 3


def test_one_loss_among_six_is_counted_by_hand():
    # The least difference is negative: signs of rank sums 0 and 1 are as extreme, on both sides.
    result = compare(np.array([-1.0, 2, 3, 4, 5, 6]), np.zeros(6))
    assert result.p == pytest.approx(4 / 64)


def test_pairs_are_those_that_both_have():
    first, second = np.array([1.0, 2, NAN, 4]), np.array([0.0, NAN, 3, 3.5])
    assert compare(first, second).difference.cases == 2
    assert np.isnan(compare(np.array([1.0, NAN]), np.array([0.0, 1])).p)


def test_no_difference_at_all_is_no_evidence():
    assert compare(np.ones(8), np.ones(8)).p == 1


def test_pairs_without_a_difference_weaken_the_evidence():
    gains = np.arange(1.0, 13)
    alone = compare(gains, np.zeros(12)).p
    diluted = compare(np.concatenate([gains, np.zeros(12)]), np.zeros(24)).p
    assert alone < diluted
    assert diluted == pytest.approx(stats.wilcoxon([*gains, *[0] * 12], zero_method="pratt").pvalue)


def test_holm_multiplies_by_what_is_left_and_never_falls():
    # By hand: 0.01 x 4, then 0.015 x 3 = 0.045, 0.03 x 2 = 0.06, 0.04 x 1 raised to 0.06.
    assert holm([0.04, 0.01, 0.03, 0.015]) == pytest.approx([0.06, 0.04, 0.06, 0.045])


def test_holm_leaves_unknown_ones_out_of_the_count_and_stops_at_one():
    corrected = holm([NAN, 0.4, 0.8])
    assert np.isnan(corrected[0])
    assert corrected[1:] == pytest.approx([0.8, 0.8])
    assert holm([0.9, 0.7]) == [1.0, 1.0]
    assert holm([]) == []
