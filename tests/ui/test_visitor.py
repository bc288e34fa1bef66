import stat

import pytest
from PIL import Image

from artifix.errors import InputError
from artifix.ui.limits import Limits
from artifix.ui.visitor import new_visitor, safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("photo.png", "photo.png"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/etc/cron.d/job.png", "job.png"),
        ("--out.png", "out.png"),
        (".hidden.png", "hidden.png"),
        ("a;rm -rf $HOME`.png", "a_rm -rf _HOME_.png"),
        ("<img src=x>.png", "_img src_x_.png"),
        ("東京.png", "東京.png"),
        ("...", "picture"),
        ("x" * 400 + ".png", "x" * 100 + ".png"),
    ],
)
def test_a_name_leads_nowhere_else(name, safe):
    assert safe_name(name) == safe


def test_the_bytes_that_were_dropped_are_kept_as_they_are(visitor, pictures):
    kept = visitor.take_image(pictures.image)
    assert kept.path.parent == visitor.folder
    assert kept.path.read_bytes() == pictures.image.read_bytes()


def test_pictures_of_one_name_do_not_replace_each_other(visitor, pictures, tmp_path):
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / "gen.png"
    Image.open(pictures.reference).save(twin)
    named_mask = tmp_path / "mask.png"
    Image.open(pictures.reference).save(named_mask)
    image = visitor.take_image(pictures.image)
    references = visitor.take_references([twin, named_mask])
    assert [image.path.name, *(one.path.name for one in references)] == ["gen.png", "gen-2.png", "mask-2.png"]
    assert image.path.read_bytes() == pictures.image.read_bytes()


def test_a_text_file_is_refused_and_not_kept(visitor, tmp_path):
    path = tmp_path / "note.png"
    path.write_text("no picture")
    with pytest.raises(InputError, match=r"note\.png"):
        visitor.take_image(path)
    assert visitor.image is None
    assert list(visitor.folder.iterdir()) == []


def test_visitors_have_folders_that_only_the_server_reads(tmp_path):
    one, other = (new_visitor(tmp_path, Limits()) for _ in range(2))
    assert one.folder != other.folder
    assert all(stat.S_IMODE(folder.stat().st_mode) == 0o700 for folder in (one.folder, one.handed))


def test_who_leaves_leaves_nothing(equipped):
    equipped.leave()
    assert not equipped.folder.exists()
    assert not equipped.handed.exists()
    assert equipped.stop.is_set()
