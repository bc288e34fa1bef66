import numpy as np
import pytest

from artifix.outputs.maps import Panel, Strip, map_sheet

CHOSEN = (0, 150, 190)


def strip(count, height=60, width=90, chosen=None, title="a case"):
    reference = np.full((height, width, 3), 120, np.uint8)
    region = np.zeros((height, width), bool)
    region[20:30, 40:60] = True
    hot = region.astype(np.float32)
    return Strip(title, reference, region, [Panel(f"t {i}", hot, i == chosen) for i in range(count)])


def is_paper(line: np.ndarray) -> bool:
    return bool((line == 255).all())


def panels_across(sheet: np.ndarray) -> int:
    """Pictures that lie on the row in the middle of the first strip."""
    row = sheet[20 + 30 + 20 + 60]
    return int((np.diff((row == 255).all(1).astype(int)) == 1).sum())


def test_a_strip_is_a_row_of_maps():
    sheet = map_sheet([strip(5)])
    assert sheet.dtype == np.uint8
    assert panels_across(sheet) == 5
    assert is_paper(sheet[:20])
    assert is_paper(sheet[:, -20:])


def test_long_strips_are_broken_into_rows_of_equal_length():
    assert panels_across(map_sheet([strip(12)])) == 12
    sheet, row = map_sheet([strip(16)]), map_sheet([strip(8)])
    assert panels_across(sheet) == 8
    assert sheet.shape[1] == row.shape[1]
    assert sheet.shape[0] > row.shape[0] + 100


def test_strips_of_any_shape_stand_below_each_other():
    high, wide = strip(3, 90, 60), strip(2, 60, 200)
    sheet = map_sheet([high, wide])
    assert sheet.shape[0] > map_sheet([high]).shape[0] + 60
    assert sheet.shape[1] == max(map_sheet([high]).shape[1], map_sheet([wide]).shape[1])


def test_the_map_is_shown_over_the_reference_with_the_region_outlined():
    sheet = map_sheet([strip(1)]).astype(int)
    cold, warm = sheet[..., 2] - sheet[..., 0] > 60, sheet[..., 0] - sheet[..., 2] > 60
    rows, columns = np.nonzero(cold)  # of the line, 200 / 90 times as large as the region
    assert rows.min() == pytest.approx(20 + 30 + 20 + 20 * 200 / 90, abs=2)
    assert columns.max() == pytest.approx(20 + 60 * 200 / 90, abs=2)
    assert warm.sum() > 10 * 20 * (200 / 90) ** 2 * 0.6  # the map shines through it


def test_only_the_chosen_map_is_framed():
    assert not (map_sheet([strip(3)]) == CHOSEN).all(-1).any()
    columns = np.flatnonzero((map_sheet([strip(3, chosen=1)]) == CHOSEN).all(-1).sum(0) > 50)
    assert columns.min() > 200
    assert columns.max() < 500


@pytest.mark.parametrize("title", ["short", "a title that is much longer than the one map below it " * 2])
def test_a_title_is_never_cut(title):
    sheet = map_sheet([strip(1, title=title)])
    assert is_paper(sheet[:, -20:])
    assert not is_paper(sheet[20:50])
    roomy = map_sheet([strip(12, title=title)])  # wide enough for any title
    assert roomy.shape[1] > sheet.shape[1]
    written = [np.argwhere((sheet_of[20:50] < 255).any(2)) for sheet_of in (sheet, roomy)]
    assert np.array_equal(*written)
