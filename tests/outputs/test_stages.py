import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifix.outputs.drawing import LABEL_PX, MARGIN_PX, REGION_COLOUR
from artifix.outputs.stages import CLUSTER_COLOURS, OTHER_COLOUR, clusters_sheet, map_sheet, region_sheet

GREY = np.full((400, 500, 3), 128, np.uint8)  # shown at twice its size


def inside(made):
    """The picture on the sheet."""
    return made[LABEL_PX : LABEL_PX + 800, MARGIN_PX : MARGIN_PX + 1000]


def labelled(*boxes):
    labels = np.zeros((400, 500), np.int32)
    for number, (top, left) in enumerate(boxes, 1):
        labels[top : top + 60, left : left + 60] = number
    return labels


def clusters(labels, masses):
    return inside(clusters_sheet(labels, masses, GREY, "title", "said"))


def test_the_map_is_bright_where_it_is_high():
    correspondence = np.zeros((400, 500), np.float32)
    correspondence[100:200, 300:400] = 1
    picture = inside(map_sheet(correspondence, GREY, "title", "said")).astype(int)
    assert picture[300, 700].sum() > picture[100, 100].sum() + 200


def test_clusters_have_colours_apart():
    picture = clusters(labelled((20, 20), (200, 20), (20, 300)), (0.5, 0.3, 0.1)).astype(int)
    tints = [picture[2 * top + 20, 2 * left + 20] for top, left in ((20, 20), (200, 20), (20, 300))]
    ground = picture[700, 900]
    for k, tint in enumerate(tints):
        nearest = min(
            CLUSTER_COLOURS, key=lambda colour: np.abs(tint - ground * 0.4 - np.array(colour) * 0.6).sum()
        )
        assert nearest == CLUSTER_COLOURS[k]


def test_only_the_largest_cluster_is_outlined():
    picture = clusters(labelled((100, 100), (100, 300)), (0.5, 0.3))
    outlined = (picture == REGION_COLOUR).all(2)
    assert outlined[180:340, 180:340].any()
    assert not outlined[:, 560:].any()


def test_clusters_without_a_colour_of_their_own_are_grey_and_counted_in_the_caption():
    boxes = [(top, left) for top in (20, 120, 220) for left in (20, 120, 220, 320)]
    masses = tuple(np.linspace(0.12, 0.02, len(boxes)).tolist())
    made = clusters_sheet(labelled(*boxes), masses, GREY, "title", "said")
    assert (inside(made)[2 * 220 + 60, 2 * 320 + 60] == OTHER_COLOUR).all()
    legend = made[LABEL_PX + 800 :, : MARGIN_PX + 12]  # the squares before the lines
    assert [(legend == colour).all(2).sum() for colour in (*CLUSTER_COLOURS, OTHER_COLOUR)] == [144] * 7


def test_each_cluster_has_its_number_on_it():
    one, two = (clusters(labelled((100, 100), (100, 300))[:, ::step], (0.5, 0.3)) for step in (1, -1))
    assert not np.array_equal(one[220:300, 220:300], two[220:300, 220:300])  # 1 and 2 have changed places


def test_a_map_without_clusters_has_a_picture_too():
    assert not (clusters(labelled(), ()) == REGION_COLOUR).all(2).any()


def test_the_region_is_outlined_on_the_untouched_reference():
    region = labelled((100, 100)) > 0
    picture = inside(region_sheet(region, GREY, "title", "said"))
    assert (picture == REGION_COLOUR).all(2).any()
    assert (picture[210:310, 210:310] == 128).all()
    assert (picture[500:] == 128).all()


@settings(max_examples=15, deadline=None)
@given(height=st.integers(1, 2500), width=st.integers(1, 2500))
def test_references_of_any_size_are_shown_at_a_size_for_the_eye(height, width):
    reference, labels = np.zeros((height, width, 3), np.uint8), np.zeros((height, width), np.int32)
    labels[height // 2, width // 2] = 1
    for made in (
        map_sheet(labels.astype(np.float32), reference, "title", "said"),
        clusters_sheet(labels, (1.0,), reference, "title", "said"),
        region_sheet(labels > 0, reference, "title", "said"),
    ):
        assert made.dtype == np.uint8
        assert LABEL_PX < made.shape[0] < 1000
        assert 500 < made.shape[1] <= 1040


@pytest.mark.parametrize("side", [100, 2000])
def test_lines_are_equally_thin_on_small_and_large_references(side):
    region = np.zeros((side, side), bool)
    region[side // 4 : side // 2, side // 4 : side // 2] = True
    made = region_sheet(region, np.zeros((side, side, 3), np.uint8), "title", "said")
    row = (made[LABEL_PX + 300, MARGIN_PX : MARGIN_PX + 800] == REGION_COLOUR).all(1)
    assert 2 <= row.sum() <= 8
