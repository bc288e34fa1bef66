"""Pixels that nobody asked to change."""

import pytest

from artifix.cli import refine


@pytest.fixture
def pastes(long_check, monkeypatch):
    monkeypatch.setattr(refine, "open_pipeline", refine.open_pipeline)  # put back afterwards
    return long_check("pastes")


def test_pixels_outside_the_mask_come_back_from_the_disk_as_they_were(pastes, capsys):
    assert pastes.main(["--count", "25"]) == 0, capsys.readouterr().out


@pytest.mark.slow
def test_pixels_outside_the_mask_come_back_in_many_cases(pastes, capsys):
    assert pastes.main(["--count", "300", "--seed", "1"]) == 0, capsys.readouterr().out


def test_a_changed_pixel_would_be_found(pastes, tmp_path, monkeypatch):
    def spilling(pixels, patch, box, blend, feather_px):
        return pixels ^ 1

    monkeypatch.setattr("artifix.repainting.paste", spilling)
    worker = pastes.Worker.__new__(pastes.Worker)
    worker.loaded = pastes.Loaded(pastes.Painter(), "cpu", "float32")
    _, found = pastes.check(1, tmp_path, worker)
    assert "pixels outside the mask differ" in found[0]
