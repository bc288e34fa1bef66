"""The similarity that most of many weighted matches want."""

from dataclasses import replace

import numpy as np
import pytest

from artifix.attention.correspondence import cell_centres
from artifix.geometry import Box, transform_points
from artifix.registration import tuning
from artifix.registration.similarity import fit_similarity
from artifix.scene import Matches

# Half as large again, turned by about 11 degrees, moved.
VIEW = np.array([[1.47, -0.29, 30.0], [0.29, 1.47, -20.0], [0, 0, 1]])
BOX = Box(40, 40, 136, 136)
CORNERS = np.array([[60.0, 60], [110, 60], [60, 100], [110, 100]])


def field_of(view: np.ndarray, weights: np.ndarray | None = None, targets=None) -> Matches:
    points = cell_centres(16) * 48 + 88
    targets = transform_points(view, points) if targets is None else targets
    weights = np.full(256, 0.8) if weights is None else weights
    return Matches(points, targets, weights, "attention", 4.0)


def test_matches_of_a_similarity_give_it_back():
    found = fit_similarity(field_of(VIEW), BOX)
    assert found.transform.points(CORNERS) == pytest.approx(transform_points(VIEW, CORNERS), abs=1e-6)
    assert (found.support.source, found.support.model) == ("attention", "similarity")


def test_cells_that_are_not_trusted_hardly_pull():
    targets = transform_points(VIEW, cell_centres(16) * 48 + 88)
    wild = np.random.default_rng(0).random(256) < 0.6
    targets[wild] += (40, -30)  # all of them the same way
    trusted = fit_similarity(field_of(VIEW, np.where(wild, 0.0, 0.9), targets), BOX)
    blind = fit_similarity(field_of(VIEW, np.full(256, 0.9), targets), BOX)
    errors = [
        np.abs(f.transform.points(CORNERS) - transform_points(VIEW, CORNERS)).max() for f in (trusted, blind)
    ]
    assert errors[0] < 1 < errors[1]


def test_cells_that_err_each_for_itself_are_outvoted():
    rng = np.random.default_rng(0)
    targets = transform_points(VIEW, cell_centres(16) * 48 + 88)
    wild = rng.random(256) < 0.3
    targets[wild] += rng.uniform(-60, 60, (int(wild.sum()), 2))
    found = fit_similarity(field_of(VIEW, targets=targets), BOX)
    assert np.abs(found.transform.points(CORNERS) - transform_points(VIEW, CORNERS)).max() < 1


def test_a_field_of_one_cell_gives_no_transform():
    one = Matches(np.array([[34.5, 39.5]]), np.array([[120.0, 121]]), np.full(1, 0.5), "attention", 43.2)
    assert fit_similarity(one, BOX) is None


@pytest.mark.parametrize(
    "view",
    [VIEW @ np.diag([-1.0, 1, 1]), VIEW * np.array([[0.001], [0.001], [1]])],
    ids=["mirrored", "sunk into one spot"],
)
def test_a_field_that_is_no_view_of_a_surface_gives_no_transform(view):
    assert fit_similarity(field_of(view), BOX) is None


def test_matches_that_err_a_little_are_averaged_and_not_picked():
    """What lies off by as much as is usual keeps most of its say."""
    noise = np.random.default_rng(3).normal(0, 4, (256, 2))
    found = fit_similarity(
        field_of(VIEW, targets=transform_points(VIEW, cell_centres(16) * 48 + 88) + noise), BOX
    )
    middle = np.array([[88.0, 88]])
    assert np.linalg.norm(found.transform.points(middle) - transform_points(VIEW, middle)) < 0.8


def test_of_weightless_cells_all_count_alike():
    found = fit_similarity(field_of(VIEW, np.zeros(256)), BOX)
    assert found.transform.points(CORNERS) == pytest.approx(transform_points(VIEW, CORNERS), abs=1e-6)


def test_trusted_matches_count_by_the_square_of_their_weight():
    targets = transform_points(VIEW, cell_centres(16) * 48 + 88)
    odd = np.arange(256) % 2 == 1
    targets[odd] += (3, 0)
    found = fit_similarity(field_of(VIEW, np.where(odd, 0.2, 0.9), targets), BOX)
    assert np.abs(found.transform.points(CORNERS) - transform_points(VIEW, CORNERS)).max() < 0.5
    assert found.support.inliers == 128


def test_support_counts_those_trusted_more_than_the_mean():
    weights = np.where(np.arange(256) < 40, 0.9, 0.1)
    assert fit_similarity(field_of(VIEW, weights), BOX).support.inliers == 40


def test_two_groups_of_cells_pull_as_they_are_trusted():
    """Those of which less than half are trusted less draw the fit hardly at all."""
    targets = transform_points(VIEW, cell_centres(16) * 48 + 88)
    wild = np.arange(256) % 5 < 2
    targets[wild] += (8, -6)
    found = fit_similarity(field_of(VIEW, np.where(wild, 0.5, 0.9), targets), BOX)
    assert np.abs(found.transform.points(CORNERS) - transform_points(VIEW, CORNERS)).max() < 0.5


CROSS = np.array([[90.0, 88], [86, 88], [88, 90], [88, 86]])


def pulled_px(right: float, weight: float = 1.0) -> float:
    """How far the fit moves where three crosses stay and a fourth, so trusted, is moved to the right."""
    image = np.tile(CROSS, (4, 1))
    moved, weights = np.zeros((16, 2)), np.ones(16)
    moved[12:, 0], weights[12:] = right, weight
    found = fit_similarity(Matches(image, image + moved, weights, "attention", 4.0), BOX)
    assert found.transform.matrix[:2, :2] == pytest.approx(np.eye(2))  # crosses turn and enlarge nothing
    assert found.transform.matrix[1, 2] == pytest.approx(0, abs=1e-9)
    return float(found.transform.matrix[0, 2])


@pytest.mark.parametrize(("weight", "trust"), [(1.0, 1.0), (0.5, 0.25), (0.0, 0.05**2)])
def test_after_one_round_a_match_counts_by_how_far_it_lies_off_the_median(monkeypatch, weight, trust):
    """Off by e it has trust / (1 + (e / 1.5 m)**2)**2 of a say, m the median of all."""
    monkeypatch.setattr(tuning, "REGISTRATION", replace(tuning.REGISTRATION, similarity_rounds=2))
    mean = 8 * trust / (3 + trust)  # most lie so far off, the others by 8 less that
    stays, moves = (1 + 1 / 1.5**2) ** -2, trust * (1 + ((8 - mean) / (1.5 * mean)) ** 2) ** -2
    assert pulled_px(8.0, weight) == pytest.approx(8 * moves / (3 * stays + moves), rel=1e-9)


def test_where_most_agree_exactly_the_others_have_no_say_in_the_end():
    assert pulled_px(3.0) == pytest.approx(0, abs=1e-6)


def test_matches_that_all_agree_exactly_are_no_division_by_0():
    assert pulled_px(0.0) == pytest.approx(0, abs=1e-12)


def test_of_matches_trusted_alike_none_is_trusted_more_than_the_mean():
    assert fit_similarity(field_of(VIEW, np.full(256, 0.5)), BOX).support.inliers == 0
