"""Plain folders of images, masks and references as rows of a batch."""

import os
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artifix.errors import InputError, UsageError
from artifix.inputs.layouts import list_layout, manifest_text
from artifix.inputs.manifest import read_rows
from artifix.inputs.reading import read_inputs


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "made"
    place.mkdir()
    return place


def put(folder, *names):
    """Files that are listed and not opened."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def listed(folder, masks=None, references=None, shared=()):
    return list_layout("plain", folder, masks, references, shared)


def rows_of(folder, *places, **given):
    return listed(folder, *places, **given).rows


def written(folder, *places, **given):
    """What the rows name, relative to the folder."""
    return [
        (row.id, *(os.path.relpath(path, folder) for path in row.request.places))
        for row in rows_of(folder, *places, **given)
    ]


def left_out(folder):
    return [path.name for path in listed(folder).left_out]


def refused(folder, *places, **given):
    with pytest.raises(InputError) as caught:
        listed(folder, *places, **given)
    return f"{caught.value.problem} / {caught.value.hint}"


def test_an_image_is_repaired_by_the_mask_and_the_reference_beside_it(folder):
    pixels = np.random.default_rng(3).integers(0, 255, (32, 48, 3), np.uint8)
    Image.fromarray(pixels).save(folder / "mug.png")
    Image.fromarray(pixels[::-1]).save(folder / "mug_ref.jpg")
    marked = np.zeros((32, 48), np.uint8)
    marked[4:12, 6:16] = 255
    Image.fromarray(marked).save(folder / "mug_mask.png")
    (row,) = rows_of(folder)
    assert row.id == "mug"
    assert row.request.places == tuple(folder / name for name in ("mug.png", "mug_mask.png", "mug_ref.jpg"))
    (case,) = read_inputs(row.request).cases
    assert case.mask.sum() == 8 * 10
    (folder / "batch.csv").write_text(manifest_text([row]), encoding="utf-8")
    assert read_rows(folder / "batch.csv") == [row]


@pytest.mark.parametrize(
    ("mask", "reference"),
    [
        ("mug_mask.png", "mug_ref.jpg"),
        ("mug-mask.webp", "mug-ref.tif"),
        ("mug_MASK.PNG", "mug_Reference.Jpg"),
        ("masks/mug.png", "references/mug.avif"),
        ("masks/mug_mask.png", "references/mug_ref.png"),
        ("masks/mug-Mask.GIF", "mug-reference.heic"),
    ],
)
def test_masks_and_references_lie_beside_the_image_or_in_folders(folder, mask, reference):
    put(folder, "mug.jpg", mask, reference)
    assert written(folder) == [("mug", "mug.jpg", mask, reference)]


@pytest.mark.parametrize("suffix", [".PNG", ".Png", ".Jpg", ".JPEG", ".wEbP", ".Avif", ".HEIC", ".heif"])
def test_an_ending_may_be_written_in_any_case(folder, suffix):
    put(folder, f"a{suffix}", f"a_mask{suffix}", f"references/a{suffix}")
    assert written(folder) == [("a", f"a{suffix}", f"a_mask{suffix}", f"references/a{suffix}")]


@pytest.mark.parametrize("suffix", [".Png", ".jPG", ".HEIC", ".avif"])
def test_other_layouts_too_take_an_ending_in_any_case(folder, suffix):
    put(folder, "a.png", f"masks/a{suffix}", f"cloth/a{suffix}")
    (row,) = list_layout("idm-vton", folder).rows
    assert row.request.mask == folder / "masks" / f"a{suffix}"
    assert row.request.references == (folder / "cloth" / f"a{suffix}",)


def test_folders_of_masks_and_references_may_lie_elsewhere(folder, tmp_path):
    put(folder, "a.png", "b.png", "b_mask.png", "b_ref.png")
    put(tmp_path, "drawn/a.png", "photos/a.jpg")
    assert written(folder, tmp_path / "drawn", tmp_path / "photos") == [
        ("a", "a.png", "../drawn/a.png", "../photos/a.jpg"),
        ("b", "b.png", "b_mask.png", "b_ref.png"),
    ]


def test_what_a_folder_named_by_the_user_holds_goes_before_what_lies_beside(folder, tmp_path):
    put(folder, "a.png", "a_mask.png", "a_ref.png")
    put(tmp_path, "drawn/a.png", "photos/a.jpg")
    assert written(folder, tmp_path / "drawn", tmp_path / "photos") == [
        ("a", "a.png", "../drawn/a.png", "../photos/a.jpg")
    ]


def test_the_folder_itself_named_as_that_of_the_masks_makes_no_image_its_own_mask(folder):
    put(folder, "a.png", "a_mask.png", "a_ref.png", "b.png")
    assert written(folder, folder, folder) == [("a", "a.png", "a_mask.png", "a_ref.png")]


def test_several_references_are_taken_in_the_order_of_their_numbers(folder):
    names = ("a_ref.png", "a_ref1.png", "a_ref-2.png", "a_ref_3.jpg", "a-reference10.png")
    put(folder, "a.png", "a_mask.png", *reversed(names), "references/a.png")
    assert written(folder) == [("a", "a.png", "a_mask.png", *names, "references/a.png")]


def test_a_reference_for_all_serves_the_images_that_have_none_of_their_own(folder, tmp_path):
    put(folder, "a.png", "a_mask.png", "b.png", "b_mask.png", "b_ref.png")
    put(tmp_path, "front.jpg", "back.jpg")
    shared = [tmp_path / "front.jpg", tmp_path / "back.jpg"]
    assert written(folder, shared=shared) == [
        ("a", "a.png", "a_mask.png", "../front.jpg", "../back.jpg"),
        ("b", "b.png", "b_mask.png", "b_ref.png"),
    ]


def test_a_reference_for_all_among_the_images_is_none_of_them(folder, monkeypatch):
    put(folder, "a.png", "a_mask.png", "photo.png", "masks/photo.png")
    monkeypatch.chdir(folder)
    listing = listed(folder, shared=[Path("photo.png")])
    assert [row.request.image.name for row in listing.rows] == ["a.png"]
    assert listing.rows[0].request.references == (folder / "photo.png",)
    assert listing.left_out == []


def test_a_reference_for_all_must_be_there(folder, tmp_path):
    put(folder, "a.png", "a_mask.png", "a_ref.png")
    assert "none.jpg: no such file" in refused(folder, shared=[tmp_path / "none.jpg"])
    assert "no such file" in refused(folder, shared=[tmp_path])


def test_a_folder_that_the_user_names_must_be_there(folder, tmp_path):
    put(folder, "a.png", "a_mask.png", "a_ref.png")
    assert "masks " in refused(folder, tmp_path / "none")
    assert "none: no such folder" in refused(folder, None, tmp_path / "none")


def test_a_reference_for_all_is_of_this_layout_only(folder):
    with pytest.raises(UsageError, match="ref is of layout plain, not of idm-vton"):
        list_layout("idm-vton", folder, shared=[folder / "a.png"])


def test_pictures_without_a_mask_are_left_out(folder):
    put(folder, "a.png", "a_mask.png", "a_ref.png", "b.jpg", "c.png", "c_ref.png", "notes.txt", ".d.png")
    assert left_out(folder) == ["b.jpg", "c.png"]


def test_what_is_called_like_a_mask_is_an_image_where_no_image_of_the_name_lies_beside_it(folder):
    put(folder, "a.png", "a_mask.png", "a_ref.png", "x_mask.png", "y_ref.png")
    assert left_out(folder) == ["x_mask.png", "y_ref.png"]
    put(folder, "x_mask_mask.png", "x_mask_ref.png", "masks/y_ref.png", "references/y_ref.png")
    assert written(folder)[1:] == [
        ("x_mask", "x_mask.png", "x_mask_mask.png", "x_mask_ref.png"),
        ("y_ref", "y_ref.png", "masks/y_ref.png", "references/y_ref.png"),
    ]


def test_a_mask_is_no_image_though_it_has_a_mask(folder):
    put(folder, "a.png", "a_mask.png", "a_ref.png", "a_mask_mask.png", "a_ref_mask.png")
    assert written(folder) == [("a", "a.png", "a_mask.png", "a_ref.png")]
    assert left_out(folder) == ["a_mask_mask.png", "a_ref_mask.png"]


def test_an_image_with_a_mask_and_no_reference_is_refused(folder):
    put(folder, "a.png", "a_mask.png")
    told = refused(folder)
    assert "has a mask but no reference for a.png" in told
    assert "a_ref.*" in told
    assert "by ref" in told


def test_a_folder_without_masks_is_told_how_to_name_them(folder):
    put(folder, "a_mask.png", "b.png")
    told = refused(folder)
    assert "has no mask for any of 2 pictures" in told
    assert "b_mask.png beside" in told


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a_mask.png", "a-mask.png"], "a-mask.png and a_mask.png may both be meant"),
        (["a_mask.png", "a_mask.jpg"], "a_mask.jpg and a_mask.png may both be meant"),
        (["a_mask.png", "masks/a.png"], "a_mask.png and masks/a.png may both be meant"),
        (["masks/a.png", "masks/a_mask.png"], "masks/a.png and masks/a_mask.png may both be meant"),
        (["a_mask.png", "a.jpg"], "a.jpg and a.png would share their masks"),
        (["a_mask.png", "a_ref.jpg"], "a_ref.jpg and a_ref.png may both be meant"),
        (["a_mask.png", "references/a.jpg", "references/a.png"], "references/a.png may both be meant"),
    ],
)
def test_what_may_be_meant_twice_is_refused(folder, names, said):
    put(folder, "a.png", "a_ref.png", *names)
    assert said in refused(folder)


def test_two_masks_in_a_folder_elsewhere_are_refused(folder, tmp_path):
    put(folder, "a.png", "a_ref.png")
    put(tmp_path, "drawn/a.png", "drawn/a_mask.png")
    assert "a.png and " in refused(folder, tmp_path / "drawn")


def test_pictures_of_one_name_and_without_mask_spoil_nothing(folder):
    put(folder, "a.png", "a_mask.png", "a_ref.png", "b.heic", "b.jpg")
    assert left_out(folder) == ["b.heic", "b.jpg"]


@pytest.mark.parametrize(
    "name", ["a cup, blue", "mug.v2", "ref_mask", "täßchen", "日本", "a_1", 'say "x"', "#1"]
)
def test_names_may_hold_what_a_manifest_keeps(folder, name):
    put(folder, f"{name}.png", f"{name}_mask.png", f"references/{name}.png")
    rows = rows_of(folder)
    assert rows[0].request.image == folder / f"{name}.png"
    (folder / "batch.csv").write_text(manifest_text(rows), encoding="utf-8", newline="")
    assert read_rows(folder / "batch.csv") == rows


def test_names_that_a_manifest_does_not_keep_are_refused(folder):
    put(folder, "a;b.png", "a;b_mask.png", "a;b_ref.png")
    assert "a;b.png: a manifest cannot name a file" in refused(folder)


@pytest.mark.parametrize("forms", [("NFC", "NFD", "NFD"), ("NFD", "NFC", "NFC"), ("NFD", "NFD", "NFC")])
def test_accents_may_be_composed_otherwise_in_image_mask_and_reference(folder, forms):
    image, mask, reference = (
        unicodedata.normalize(form, name)
        for form, name in zip(forms, ("é.png", "é_mask.png", "é.png"), strict=True)
    )
    put(folder, image, mask, f"references/{reference}")
    assert written(folder) == [("é", image, mask, f"references/{reference}")]


def test_other_layouts_too_match_accents_composed_otherwise(folder):
    decomposed = unicodedata.normalize("NFD", "é.png")
    put(folder, "é.png", f"masks/{decomposed}", f"cloth/{decomposed}")
    (row,) = list_layout("idm-vton", folder).rows
    assert row.request.mask == folder / "masks" / decomposed


def test_every_folder_is_listed_once_however_many_images_there_are(folder, monkeypatch):
    for number in range(30):
        put(folder, f"{number}.png", f"masks/{number}.png", f"references/{number}.png")
    seen = []
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda place: seen.append(Path(place).name) or scan(place))
    assert len(rows_of(folder)) == 30
    assert sorted(seen) == ["made", "masks", "references"]


def test_links_are_followed_and_those_that_lead_nowhere_are_no_pictures(folder, tmp_path):
    put(tmp_path, "a.png")
    put(folder, "a_mask.png", "a_ref.png")
    (folder / "a.png").symlink_to(tmp_path / "a.png")
    (folder / "a_ref2.png").symlink_to(tmp_path / "none.png")
    (folder / "a_ref3.png").symlink_to(folder / "a_ref3.png")
    assert written(folder) == [("a", "a.png", "a_mask.png", "a_ref.png")]
