import pytest

from artifix.training.pairs import fonts
from artifix.training.pairs.fonts import SCRIPTS, find_faces


@pytest.fixture
def only(monkeypatch):
    """Look for fonts in one folder only."""

    def look_in(folder):
        monkeypatch.setattr(fonts, "font_folders", lambda: [folder])
        return find_faces.__wrapped__()

    return look_in


def test_without_any_font_file_pillows_own_font_is_used(only, tmp_path):
    faces = only(tmp_path / "nowhere")
    assert [face.path for face in faces] == [None]
    assert {"latin", "digits"} <= set(faces[0].scripts)
    assert faces[0].at(20).getlength("word") > 20


def test_broken_fonts_are_passed_over(only, tmp_path):
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    (tmp_path / "notes.txt").write_text("no font")
    assert [face.path for face in only(tmp_path)] == [None]


def test_a_font_has_no_script_whose_letters_it_lacks():
    own = find_faces()[0]
    assert "han" not in own.scripts
    assert all(set(face.scripts) <= SCRIPTS.keys() for face in find_faces())
