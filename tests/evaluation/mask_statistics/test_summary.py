"""What is said of a set, against counts by hand."""

import io

import numpy as np
import pytest
from PIL import Image

from artifix.evaluation.mask_statistics.charts import irregularity_chart, share_chart
from artifix.evaluation.mask_statistics.mask_sheet import Tile, chosen, mask_sheet
from artifix.evaluation.mask_statistics.measuring import BadMask, MeasuredMask, measure_masks
from artifix.evaluation.mask_statistics.reading import MaskFile
from artifix.evaluation.mask_statistics.shape import shape_of
from artifix.evaluation.mask_statistics.summary import part_bars, ratio_bars, share_bars, summary_of, told
from artifix.evaluation.mask_statistics.text_picture import bar_groups, plain_picture, terminal_picture

FILE = MaskFile("a", __file__)


def measured(*percents: float) -> list[MeasuredMask]:
    """Masks of 100 x 100 px that cover so much of their image."""
    found = []
    for percent in percents:
        mask = np.zeros(10_000, bool)
        mask[: round(100 * percent)] = True
        found.append(MeasuredMask(FILE, shape_of(mask.reshape(100, 100)), 0.0))
    return found


def test_the_part_under_4_percent_is_that_of_masks_that_mark_something():
    summary = summary_of(measured(0, 1, 3.99, 4, 30), [BadMask(FILE, "is bad", "")])
    assert (summary.masks, summary.empty, summary.bad, summary.marking) == (5, 1, 1, 4)
    assert (summary.small, summary.small_share) == (2, 0.5)


def test_shares_are_in_bins_of_one_percent_edges_in_the_upper_one():
    bars = share_bars(summary_of(measured(0.01, 0.99, 1, 4, 29, 20, 19.99), []))
    counts = {bar.label: bar.count for bar in bars if bar.count}
    assert counts == {"0-1 %": 2, "1-2 %": 1, "4-5 %": 1, "19-20 %": 1, "20 % +": 2}
    assert [bar.label for bar in bars if bar.is_named] == ["0-1 %", "1-2 %", "2-3 %", "3-4 %"]
    assert sum(bar.share for bar in bars) == pytest.approx(1)


@pytest.mark.parametrize("percent", range(1, 20))
def test_a_share_at_an_edge_is_not_rounded_into_the_bin_below(percent):
    bars = share_bars(summary_of(measured(percent), []))
    assert bars[percent].count == 1


def test_ratios_are_in_ten_bins_one_in_the_last():
    counts = [bar.count for bar in ratio_bars(np.array([0, 0.05, 0.1, 0.3, 0.7, 0.95, 1]))]
    assert counts == [2, 1, 0, 1, 0, 0, 0, 1, 0, 2]


def test_parts_from_seven_on_share_a_bar():
    found = []
    for parts in (1, 1, 6, 7, 12):
        mask = np.zeros((10, 60), bool)
        mask[5, 2 : 2 + 4 * parts : 4] = True
        found.append(MeasuredMask(FILE, shape_of(mask), 0.0))
    bars = part_bars(summary_of(found, []))
    assert [bar.count for bar in bars] == [2, 0, 0, 0, 0, 1, 2]
    assert bars[-1].label == "7 +"


def test_the_record_has_the_quantiles_and_counts():
    record = told(summary_of(measured(1, 2, 3, 4, 10, 0), []))
    assert record["small"] == {"below": 0.04, "masks": 3, "share": 0.6}
    assert record["sizes"] == {"100x100": 5}
    share = record["figures"]["share"]
    assert (share["least"], share["median"], share["most"]) == (0.01, 0.03, 0.1)
    assert share["mean"] == pytest.approx(0.04)


def test_a_set_of_empty_masks_has_counts_and_no_figures():
    summary = summary_of(measured(0, 0), [])
    record = told(summary)
    assert (record["masks"], record["empty"], record["figures"]) == (2, 2, {})
    assert bar_groups(summary) == []
    for chart in (share_chart, irregularity_chart):
        assert Image.open(io.BytesIO(chart(summary))).width > 400


def test_the_histogram_grows_where_the_masks_are_and_names_the_small_ones():
    small, large = (share_chart(summary_of(measured(*shares), [])) for shares in ([1.5] * 4, [10.5] * 4))
    red = np.array([0xC8, 0x40, 0x1E])

    def reds(data):
        picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
        return int((abs(picture - red).max(2) < 3).sum())

    assert reds(small) > 5 * reds(large) > 0


def test_equal_sets_give_equal_bytes():
    summary = summary_of(measured(1, 2, 7), [])
    assert share_chart(summary) == share_chart(summary)


def test_plain_bars_are_ascii_and_as_long_as_their_counts():
    picture = plain_picture(bar_groups(summary_of(measured(*[0.5] * 40, *[2.5] * 10), [])))
    lines = picture.splitlines()
    assert picture.isascii()
    assert lines[0] == "share of the image: 100.0 % under 4 % (50 of 50)"
    assert lines[1] == f"    0-1 % {'#' * 40} 40 (80.0 %)"
    assert lines[2] == "    1-2 % 0 (0.0 %)"
    assert lines[3] == f"    2-3 % {'#' * 10} 10 (20.0 %)"
    assert "3-4 %" not in picture  # nor any further


def test_on_a_terminal_the_same_counts_are_drawn():
    from rich.console import Console

    stream = io.StringIO()
    console = Console(file=stream, width=100, force_terminal=True, color_system="standard")
    console.print(terminal_picture(bar_groups(summary_of(measured(*[0.5] * 40, *[2.5] * 10), []))))
    drawn = stream.getvalue()
    assert "40 (80.0 %)" in drawn
    assert "█" * 40 in drawn
    assert "\x1b[31" in drawn


def test_the_choice_of_masks_is_of_the_seed_and_leaves_empty_ones_out(save_mask):
    files = [MaskFile(str(side), save_mask(f"{side:02}.png", side)) for side in range(40)]
    found, _ = measure_masks(files, 1, lambda *step: None)
    first, again, other = (chosen(found, 12, seed) for seed in (0, 0, 1))
    assert first == again != other
    assert len(first) == 12
    assert all(not one.shape.is_empty for one in chosen(found, 100, 0))
    assert len(chosen(found, 100, 0)) == 39


def test_the_sheet_shows_every_mask_white_on_black():
    masks = [np.zeros((60, 100), bool) for _ in range(23)]
    for number, mask in enumerate(masks):
        mask[:, : 4 * number] = True
    paper = mask_sheet([Tile(f"{number} %", mask) for number, mask in enumerate(masks)])
    assert paper.shape[1] > 10 * 144
    assert 3 * 144 < paper.shape[0] < 4 * 180
    tile = paper[20 : 20 + 144, 20 : 20 + 144]  # of nothing, wider than high
    assert (tile[72, 2] == 0).all()
    assert (tile[2, 72] == 236).all()
