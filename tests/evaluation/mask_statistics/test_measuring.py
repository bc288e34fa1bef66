"""Many masks: in order, side by side, and what cannot be used."""

import pytest

from artifix.errors import InputError
from artifix.evaluation.mask_statistics import measuring
from artifix.evaluation.mask_statistics.measuring import measure_masks, require_usable
from artifix.evaluation.mask_statistics.reading import MaskFile


def silent(stage, done, total):
    """Tell nobody."""


@pytest.fixture
def files(save_mask):
    """Seventy masks, each a pixel wider than the one before, the first empty."""
    return [MaskFile(str(side), save_mask(f"{side:02}.png", side)) for side in range(60)]


def test_masks_come_in_their_order_and_progress_ends_at_all(files):
    steps = []
    measured, bad = measure_masks(files, 1, lambda *step: steps.append(step))
    assert [one.shape.area_px for one in measured] == [side**2 for side in range(60)]
    assert bad == []
    assert steps[0] == ("measure", 0, 60)
    assert steps[-1] == ("measure", 60, 60)
    assert len(steps) > 2


def test_several_processes_give_the_same(files, monkeypatch):
    monkeypatch.setattr(measuring, "LEAST_FOR_WORKERS", 0)
    assert measure_masks(files, 2, silent) == measure_masks(files, 1, silent)


def test_ctrl_c_ends_the_processes(files, monkeypatch):
    import multiprocessing

    monkeypatch.setattr(measuring, "LEAST_FOR_WORKERS", 0)

    def interrupt(stage, done, total):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_masks(files, 2, interrupt)
    assert multiprocessing.active_children() == []


def test_what_cannot_be_used_is_told_with_its_reason_unless_it_is_to_be_left_out(files, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    asked = [
        files[3],
        MaskFile("text", tmp_path / "text.png"),
        files[4],
        MaskFile("gone", tmp_path / "gone.png"),
    ]
    measured, bad = measure_masks(asked, 1, silent)
    assert [one.file.name for one in measured] == ["3", "4"]
    with pytest.raises(InputError) as error:
        require_usable(measured, bad, skip_bad=False)
    head, *lines = error.value.problem.splitlines()
    assert head == "2 of 4 masks cannot be used:"
    assert "text.png: is not an image" in lines[0]
    assert "gone.png: no such file" in lines[1]
    assert "skip_bad=True" in error.value.hint
    require_usable(measured, bad, skip_bad=True)


def test_of_many_mistakes_the_first_fifty_are_told(tmp_path):
    asked = [MaskFile(str(number), tmp_path / f"{number}.png") for number in range(60)]
    measured, bad = measure_masks(asked, 1, silent)
    with pytest.raises(InputError) as error:
        require_usable(measured, bad, skip_bad=False)
    lines = error.value.problem.splitlines()
    assert len(lines) == 52
    assert lines[-1] == "  and 10 more"


def test_masks_that_are_all_bad_are_refused_even_if_bad_ones_are_left_out(tmp_path):
    measured, bad = measure_masks([MaskFile("gone", tmp_path / "gone.png")], 1, silent)
    with pytest.raises(InputError, match="1 of 1 mask cannot be used"):
        require_usable(measured, bad, skip_bad=True)
