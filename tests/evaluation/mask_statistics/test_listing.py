"""Which files are taken for masks."""

from pathlib import Path

import pytest

from artifix.errors import InputError
from artifix.evaluation.mask_statistics.listing import list_masks
from artifix.evaluation.mask_statistics.reading import MaskFile
from artifix.geometry import Box

LIKE = MaskFile("", Path())


def names(*asked: object) -> list[str]:
    return [file.path.name for file in list_masks([str(one) for one in asked], LIKE).files]


def test_all_pictures_of_a_folder_are_masks_at_any_depth(tmp_path, save_mask):
    for name in ("b.png", "a/2.png", "a/1.PNG", ".hidden/c.png", "a/.d.png"):
        save_mask(name)
    (tmp_path / "notes.txt").write_text("no mask")
    assert names(tmp_path) == ["b.png", "1.PNG", "2.png"]


@pytest.mark.parametrize("mask", ["x/mask.png", "x/mug_mask.png", "x/mug-MASK.png", "masks/mug.png"])
def test_where_pictures_are_called_masks_only_those_are_read_and_that_is_told(tmp_path, save_mask, mask):
    for name in ("x/image.png", "unmasked.png", mask):
        save_mask(name)
    listed = list_masks([str(tmp_path)], LIKE)
    assert [file.path for file in listed.files] == [tmp_path / mask]
    assert listed.notes == (f"{tmp_path}: 1 of 3 pictures are named as masks, and are read",)


def test_patterns_and_files_are_taken_as_they_are_and_each_mask_once(tmp_path, save_mask):
    for name in ("a/image.png", "a/mask.png", "b/image.png"):
        save_mask(name)
    listed = list_masks([f"{tmp_path}/*/*.png", str(tmp_path / "a" / "mask.png")], LIKE)
    assert [file.path.name for file in listed.files] == ["image.png", "mask.png", "image.png"]
    assert listed.notes == ("1 mask named more than once, and counted once",)


def test_a_manifest_says_which_masks_and_how_they_are_read(tmp_path, save_mask):
    for name in ("one.png", "sub/two.png", "three.png"):
        save_mask(name)
    table = tmp_path / "masks.csv"
    table.write_text(
        "id;mask;invert_mask;mask_crop;image;mask_from;score\n"
        "a;one.png;;;;;1\n"
        "b;sub/two.png;true;10,20,90,80;;luminance;2\n"
        "c;;;;three.png;image-alpha;3\n"
    )
    listed = list_masks([str(table)], LIKE)
    one, two, three = listed.files
    assert (one.name, one.path, one.source, one.invert, one.crop) == (
        "one.png",
        tmp_path / "one.png",
        "auto",
        False,
        None,
    )
    assert (two.source, two.invert, two.crop) == ("luminance", True, Box(10, 20, 90, 80))
    assert (three.path, three.source) == (tmp_path / "three.png", "image-alpha")
    assert listed.notes == (f"{table}: separated by semicolons",)


def test_json_lines_are_read_too(tmp_path, save_mask):
    save_mask("one.png")
    lines = tmp_path / "masks.jsonl"
    lines.write_text('{"mask": "one.png", "image": "gone.png"}\n')
    assert names(lines) == ["one.png"]


def test_all_mistakes_of_a_manifest_are_told_with_their_lines(tmp_path, save_mask):
    save_mask("one.png")
    table = tmp_path / "masks.csv"
    table.write_text("mask,invert_mask\none.png,maybe\ngone.png,\nhttps://a/b.png,\n,true\none.png,,x\n")
    with pytest.raises(InputError) as error:
        names(table)
    told = error.value.problem
    assert told.startswith(f"{table}: 5 mistakes:")
    for line in (
        "line 2: invert_mask: maybe is not true or false",
        "line 3: gone.png: no such file",
        "line 4: mask: https://a/b.png: is a URL",
        "line 5: has no mask",
        "line 6: has 3 cells, not 2",
    ):
        assert line in told


@pytest.mark.parametrize(
    ("make", "asked", "said"),
    [
        ("", "gone", "gone: no such file or folder"),
        ("", "gone/*.png", "gone/*.png: no file is called so"),
        ("empty/", "empty", "empty: holds no pictures"),
        ("a.csv", "a.csv", "a.csv: line 1: no column mask"),
        ("b.csv", "b.csv", "b.csv: lists no masks"),
    ],
)
def test_nothing_found_is_refused(tmp_path, monkeypatch, make, asked, said):
    monkeypatch.chdir(tmp_path)
    if make.endswith("/"):
        (tmp_path / make).mkdir()
    elif make:
        (tmp_path / make).write_text("mask\n" if make == "b.csv" else "image\nx.png\n")
    with pytest.raises(InputError, match=said.replace("*", r"\*")):
        names(asked)


def test_several_mistakes_are_told_together(tmp_path, save_mask):
    path = save_mask("one.png")
    with pytest.raises(InputError) as error:
        names(path, "gone", "away/*.png")
    assert error.value.problem.splitlines() == [
        "2 mistakes:",
        "  gone: no such file or folder",
        "  away/*.png: no file is called so",
    ]
