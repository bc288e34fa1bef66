import json

import numpy as np
import pytest
from PIL import Image

from artifix.errors import InputError
from artifix.training.pairs.folders import Unusable, View, find_views, read_view

from ..conftest import scene


@pytest.fixture
def objects(tmp_path):
    """Two objects in two views each, the first with a mask of one of them."""
    folder = tmp_path / "objects"
    for name in ("cup", "shoe"):
        (folder / name).mkdir(parents=True)
        for number in range(2):
            Image.fromarray(scene(number)).save(folder / name / f"{number}.png")
    mask = np.zeros((96, 96), np.uint8)
    mask[24:48, 48:96] = 255
    Image.fromarray(mask).save(folder / "cup" / "0_mask.png")
    return folder


def test_each_subfolder_is_an_object_and_masks_are_no_views(objects):
    found = find_views(objects)
    assert [(view.path.parent.name, view.path.name) for view in found] == [
        ("cup", "0.png"),
        ("cup", "1.png"),
        ("shoe", "0.png"),
        ("shoe", "1.png"),
    ]
    assert [view.mask_path and view.mask_path.name for view in found] == ["0_mask.png", None, None, None]
    assert len({view.object for view in found}) == 2


def rows(objects):
    return [
        {"file_name": "cup/0.png", "object": "blue", "mask_file_name": "cup/0_mask.png"},
        {"file_name": "shoe/1.png", "object": "red", "mask_file_name": ""},
        {"file_name": "shoe/0.png", "object": "blue", "mask_file_name": ""},
    ]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_metadata_groups_the_views(objects, kind):
    if kind == "csv":
        lines = [",".join(rows(objects)[0]), *(",".join(row.values()) for row in rows(objects))]
    else:
        lines = [json.dumps(row) for row in rows(objects)]
    (objects / f"metadata.{kind}").write_text("\n".join(lines), encoding="utf-8")
    found = find_views(objects)
    assert [str(view.path.relative_to(objects)) for view in found] == [
        "cup/0.png",
        "shoe/0.png",
        "shoe/1.png",
    ]
    assert found[0].object == found[1].object != found[2].object
    assert found[0].mask_path == objects / "cup/0_mask.png"
    assert found[1].mask_path is None


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("metadata.csv", "file,object\na.png,1\n", "row 1 has no file_name"),
        ("metadata.csv", "file_name,thing\na.png,1\n", "row 1 has no file_name or no object"),
        ("metadata.jsonl", '{"file_name": "a.png", "object": "1"}\n{"file_na', "cannot be read"),
        ("metadata.jsonl", "[1, 2]\n", "is no JSON object"),
        ("metadata.csv", "file_name,object\n", "holds no object"),
    ],
)
def test_metadata_that_makes_no_sense_is_refused(objects, name, text, problem):
    (objects / name).write_text(text)
    with pytest.raises(InputError, match=problem):
        find_views(objects)


def test_two_tables_are_refused(objects):
    for name in ("metadata.csv", "metadata.jsonl"):
        (objects / name).write_text("")
    with pytest.raises(InputError, match="metadata.csv and metadata.jsonl"):
        find_views(objects)


def test_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        find_views(tmp_path / "nowhere")


def test_pictures_beside_the_subfolders_are_no_views(tmp_path):
    Image.fromarray(scene(0)).save(tmp_path / "0.png")
    with pytest.raises(InputError, match="holds no object in several views"):
        find_views(tmp_path)


def test_masks_are_read_with_their_views(objects):
    view = find_views(objects)[0]
    pixels, mask = read_view(view, 48)
    assert pixels.shape == (48, 48, 3)
    expected = np.zeros((48, 48), bool)
    expected[12:24, 24:48] = True
    assert np.array_equal(mask, expected)


def test_alpha_is_a_mask_where_there_is_no_other(tmp_path):
    pixels = np.dstack([scene(0), np.zeros((96, 96), np.uint8)])
    pixels[:48, :, 3] = 255
    Image.fromarray(pixels).save(tmp_path / "a.png")
    _, mask = read_view(View(tmp_path / "a.png", "a", None), 96)
    assert mask[:48].all()
    assert not mask[48:].any()


@pytest.mark.parametrize(("size", "problem"), [((96, 80), "80x96|96x80"), ((96, 96), "empty")])
def test_masks_that_do_not_fit_make_a_view_unusable(objects, size, problem):
    Image.new("L", size).save(objects / "cup" / "0_mask.png")
    with pytest.raises(Unusable, match=problem):
        read_view(find_views(objects)[0], 48)


def test_a_named_mask_that_is_missing_makes_a_view_unusable(objects):
    view = View(objects / "cup/0.png", "cup", objects / "cup/none.png")
    with pytest.raises(Unusable, match="none.png cannot be read"):
        read_view(view, 48)
