"""Memory of a batch."""

import sys

import pytest

from artifix.cli import batch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_the_driver_does_not_grow_with_the_rows(long_check, monkeypatch, capsys):
    monkeypatch.setattr(batch, "engine_of", batch.engine_of)
    monkeypatch.syspath_prepend(str(batch_scripts()))
    memory = long_check("memory")
    try:
        assert memory.main(["--made-up", "--count", "60", "--from", "20"]) == 0, capsys.readouterr().out
    finally:
        del sys.modules["memory"]


def batch_scripts():
    from pathlib import Path

    return Path(__file__).parents[2] / "benchmarks"
