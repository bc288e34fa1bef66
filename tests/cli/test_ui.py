import importlib.util

import pytest

from artifix.errors import ExitCode


def test_without_the_extra_its_installation_is_told(artifix, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "gradio" else found(name, *more)
    )
    run = artifix("ui")
    assert run.code == ExitCode.USAGE
    assert "artifix ui: needs gradio, which is not installed" in run.err
    assert 'pip install "artifix[ui]"' in run.err


@pytest.mark.parametrize("option", [("--port", "0"), ("--max-side", "2"), ("--max-queue", "0")])
def test_limits_that_make_no_sense_are_refused(artifix, option):
    assert artifix("ui", *option).code == ExitCode.USAGE


def test_weights_that_are_missing_are_told_before_the_page_is_there(artifix, tmp_path):
    pytest.importorskip("gradio")
    assert artifix("ui", "--weights", tmp_path / "none").code == ExitCode.WEIGHTS
