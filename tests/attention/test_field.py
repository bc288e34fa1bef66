import numpy as np
import pytest

from artifix.attention.correspondence import cell_centres
from artifix.attention.field import AttentionField, attention_field
from artifix.attention.probe import Gaze
from artifix.geometry import Box, transform_points
from artifix.scene import Matches, Scene

# Half as large again, turned by about 11 degrees, moved.
VIEW = np.array([[1.47, -0.29, 30.0], [0.29, 1.47, -20.0], [0, 0, 1]])
BOX = Box(40, 40, 136, 136)
CORNERS = np.array([[60.0, 60], [110, 60], [60, 100], [110, 100]])


def field_of(view: np.ndarray, weights: np.ndarray | None = None, targets=None) -> AttentionField:
    points = cell_centres(16) * 48 + 88
    targets = transform_points(view, points) if targets is None else targets
    weights = np.full(256, 0.8) if weights is None else weights
    return AttentionField(BOX, Matches(points, targets, weights, "attention", 4.0), float(weights.mean()))


def test_cells_are_in_raster_order():
    centres = cell_centres(4)
    assert centres[1] == pytest.approx([-0.25, -0.75])
    assert centres[-1] == pytest.approx([0.75, 0.75])


def test_the_guess_is_the_similarity_of_the_field():
    found = field_of(VIEW).similarity()
    assert found.points(CORNERS) == pytest.approx(transform_points(VIEW, CORNERS), abs=1e-6)
    assert (found.source, found.model) == ("attention", "similarity")


def test_a_guess_is_never_proved():
    found = field_of(VIEW).similarity()
    assert found.agreement == 0
    assert not found.is_proved


def test_cells_that_are_not_trusted_hardly_pull():
    targets = transform_points(VIEW, cell_centres(16) * 48 + 88)
    wild = np.random.default_rng(0).random(256) < 0.6
    targets[wild] += (40, -30)  # all of them the same way
    trusted = field_of(VIEW, np.where(wild, 0.0, 0.9), targets).similarity()
    blind = field_of(VIEW, np.full(256, 0.9), targets).similarity()
    errors = [np.abs(f.points(CORNERS) - transform_points(VIEW, CORNERS)).max() for f in (trusted, blind)]
    assert errors[0] < 1 < errors[1]


def test_cells_that_err_each_for_itself_are_outvoted():
    rng = np.random.default_rng(0)
    targets = transform_points(VIEW, cell_centres(16) * 48 + 88)
    wild = rng.random(256) < 0.3
    targets[wild] += rng.uniform(-60, 60, (int(wild.sum()), 2))
    found = field_of(VIEW, targets=targets).similarity()
    assert np.abs(found.points(CORNERS) - transform_points(VIEW, CORNERS)).max() < 1


def test_a_field_of_one_cell_gives_no_transform():
    one = Matches(np.array([[34.5, 39.5]]), np.array([[120.0, 121]]), np.full(1, 0.5), "attention", 43.2)
    assert AttentionField(BOX, one, 0.5).similarity() is None


@pytest.mark.parametrize(
    "view",
    [VIEW @ np.diag([-1.0, 1, 1]), VIEW * np.array([[0.001], [0.001], [1]])],
    ids=["mirrored", "sunk into one spot"],
)
def test_a_field_that_is_no_view_of_a_surface_gives_no_transform(view):
    assert field_of(view).similarity() is None


def test_field_of_a_network_lies_on_the_crop_and_in_the_pictures(tiny_network, scene):
    image, reference = scene(), scene(140, 200, 1)
    mask = np.zeros(image.shape[:2], bool)
    mask[60:95, 70:110] = True
    gaze = Gaze(tiny_network, "up_blocks.1.attentions.0", 0, 7)
    boxes = Box(40, 30, 140, 130), Box(0, 0, 140, 140)
    found, again = (attention_field(gaze, Scene(image, mask, reference), *boxes) for _ in range(2))
    assert found.box == boxes[0]
    assert len(found.matches) == 16  # the queries of the tiny network
    assert found.matches.image.min(0) == pytest.approx([40 + 12.5 - 0.5, 30 + 12.5 - 0.5])
    assert found.matches.image.max(0) == pytest.approx([140 - 12.5 - 0.5, 130 - 12.5 - 0.5])
    assert np.isfinite(found.matches.reference).all()
    assert 0 <= found.matches.weights.min() <= found.trust <= found.matches.weights.max() <= 1
    assert np.array_equal(found.matches.reference, again.matches.reference)
