"""A disk that refuses."""

import pytest

from artifix.cli import batch


@pytest.fixture
def faults(long_check, monkeypatch):
    monkeypatch.setattr(batch, "engine_of", batch.engine_of)  # put back afterwards
    return long_check("faults")


@pytest.mark.parametrize("scene", ["first", "again", "killed", "result", "replaced", "file"])
def test_nothing_is_torn_or_lost_when_the_disk_refuses(faults, capsys, scene):
    assert faults.main(["--count", "12", "--scenes", scene]) == 0, capsys.readouterr().out


@pytest.mark.slow
def test_nothing_is_torn_or_lost_whatever_the_disk_refuses(faults, capsys):
    assert faults.main([]) == 0, capsys.readouterr().out


def test_a_file_that_is_torn_would_be_found(faults, long_check, tmp_path, monkeypatch):
    def torn(path, write):
        with path.open("wb") as stream:
            write(stream)

    monkeypatch.setattr(long_check("scenes"), "write_file", torn)
    scene = next(scene for scene in faults.SCENES if scene.name == "file")
    _, found = faults.check(scene, tmp_path.resolve() / "work", list)
    assert any("neither old nor new" in line for line in found)
