import numpy as np
import pytest
from PIL import Image

from artifix.errors import OutputError
from artifix.training.pairs import preview
from artifix.training.pairs.preview import write_preview
from artifix.training.pairs.synthesis_config import SynthesisConfig


def draw(path, sources, seed=0, rows=4):
    write_preview(path, sources, SynthesisConfig(), seed, crop_px=32, reference_px=48, rows=rows)
    return np.asarray(Image.open(path))


def test_sheet_has_a_strip_for_each_row_and_shows_matches_in_colour(tmp_path, busy_sources):
    sheet = draw(tmp_path / "new" / "sheet.png", busy_sources)
    assert sheet.shape == (4 * (32 + preview.GAP_PX), 4 * 32 + 3 * preview.GAP_PX, 3)
    assert (sheet == (255, 0, 0)).all(2).any()
    assert (sheet == preview.OUTLINE).all(2).any()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["sheet.png"]


def test_sheet_follows_from_the_seed_and_replaces_an_older_one(tmp_path, busy_sources):
    first, other, again = (draw(tmp_path / "sheet.png", busy_sources, seed) for seed in (1, 2, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_fewer_rows_than_tasks_are_drawn_too(tmp_path, busy_sources):
    assert draw(tmp_path / "sheet.png", busy_sources, rows=1).shape[0] == 32 + preview.GAP_PX


def test_a_disk_that_refuses_is_told_and_leaves_the_older_sheet(tmp_path, busy_sources, monkeypatch):
    before = draw(tmp_path / "sheet.png", busy_sources)

    def refuse(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", refuse)
    with pytest.raises(OutputError, match="No space left on device"):
        write_preview(tmp_path / "sheet.png", busy_sources, SynthesisConfig(), 5, 32, 32, 1)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "sheet.png")), before)
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.png"]
