import math

import numpy as np
import pytest
from stress_set.views import Cylinder, Folds, Plane, View, outline, scaled, shifted, tilted, turned

POINTS = np.random.default_rng(0).uniform((0, 0), (400, 300), (200, 2))
CENTRE = 200.0, 150.0
STEPS = {
    "shift": shifted(12.5, -7),
    "turn": turned(2.0, CENTRE),
    "scale": scaled(0.3),
    "tilt": tilted(1.0, 0.7, 350, CENTRE),
    "cylinder": Cylinder(CENTRE, 180, 0.3),
    "folds": Folds((300, 250), (14, 11), (0.3, 2.0)),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_a_step_is_undone_exactly(step):
    seen = step.forward(POINTS)
    assert np.abs(seen - POINTS).max() > 5
    assert np.allclose(step.backward(seen), POINTS, atol=1e-6)


def test_steps_are_undone_in_reverse_order():
    view = View(tuple(STEPS.values()))
    assert np.allclose(view.backward(view.forward(POINTS)), POINTS, atol=1e-6)
    assert np.allclose(
        view.forward(POINTS), View(tuple(STEPS.values())[:3]).then(*tuple(STEPS.values())[3:]).forward(POINTS)
    )


def test_a_turn_is_clockwise_on_the_screen():
    assert np.allclose(turned(math.pi / 2).forward(np.array([[1.0, 0.0]])), [[0.0, 1.0]])


def test_scaling_keeps_the_corner_of_the_first_pixel():
    assert np.allclose(scaled(4).forward(np.array([[-0.5, -0.5], [0.5, 0.5]])), [[-0.5, -0.5], [3.5, 3.5]])


def test_the_back_of_a_cylinder_is_not_seen():
    can = Cylinder(CENTRE, 50, 0.0)
    assert np.isnan(can.forward(np.array([[200 + 50 * 1.6, 150.0]]))).any()
    assert np.isnan(can.backward(np.array([[251.0, 150.0]]))).any()


def test_what_lies_behind_the_eye_is_not_seen():
    lean = tilted(1.0, 0.0, 100, CENTRE)
    assert np.isnan(lean.forward(np.array([[200.0, 0.0]]))).all()
    assert np.isfinite(lean.forward(np.array([[200.0, 300.0]]))).all()


@pytest.mark.parametrize("factor", [0.25, 1.0, 3.0])
def test_scale_is_told_at_a_point(factor):
    view = View((scaled(factor), turned(0.5)))
    assert view.scale_at(np.array(CENTRE)) == pytest.approx(factor)


def test_a_tilt_shows_the_far_side_smaller():
    view = View((tilted(0.9, 0.0, 400, CENTRE),))
    assert view.scale_at(np.array([200.0, 290.0])) < 0.7 * view.scale_at(np.array([200.0, 10.0]))


def test_the_outline_runs_along_the_edge():
    points = outline(30, 50)
    on_edge = np.isin(points[:, 0], (0, 49)) | np.isin(points[:, 1], (0, 29))
    assert on_edge.all()
    assert points.min(0).tolist() == [0, 0]
    assert points.max(0).tolist() == [49, 29]


def test_a_plane_is_its_matrix():
    matrix = np.array([[2.0, 0, 3], [0, 2, 4], [0, 0, 2]])
    assert np.allclose(Plane(matrix).forward(np.array([[1.0, 1.0]])), [[2.5, 3.0]])
