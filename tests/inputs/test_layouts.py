"""Folders of other programs as rows of a batch, and rows as a manifest."""

import json
import string
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from artifix.box import Box
from artifix.errors import InputError, UsageError
from artifix.inputs.layouts import LAYOUTS, list_layout, manifest_text, rows_of_layout
from artifix.inputs.manifest import read_rows
from artifix.inputs.reading import read_inputs


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "made"
    place.mkdir()
    return place


def draw(path, width=48, height=32, marked=None):
    """A picture, or a mask with the box `marked` white on black."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(3).integers(0, 255, (height, width, 3), np.uint8)
    if marked is not None:
        pixels[:] = 0
        pixels[marked.slices()] = 255
    Image.fromarray(pixels).save(path)
    return path


def mask(path, width=48, height=32):
    return draw(path, width, height, Box(4, 4, 12, 12))


def refused(*arguments):
    with pytest.raises(InputError) as caught:
        rows_of_layout(*arguments)
    return caught.value.problem


def read_back(rows, folder, **options):
    path = folder / "batch.csv"
    path.write_text(manifest_text(rows), encoding="utf-8", newline="")
    return read_rows(path, **options)


def test_the_last_third_of_a_strip_is_repaired_after_the_first(folder):
    draw(folder / "00001_00.png", 144)
    draw(folder / "00002_00.png", 144)
    draw(folder / "00003_00.png", 144)
    mask(folder / "masks" / "00001_00.png")
    draw(folder / "masks" / "00002_00_mask.png", 144, 32, Box(100, 4, 110, 12))
    listing = list_layout("anydoor", folder)
    one, two = listing.rows
    panels = {"image": Box(96, 0, 144, 32), "reference": Box(0, 0, 48, 32)}
    assert one.request.crops == panels
    assert two.request.crops == {**panels, "mask": Box(96, 0, 144, 32)}
    assert one.request.references == (one.request.image,)
    assert [path.name for path in listing.left_out] == ["00003_00.png"]
    for row in listing.rows:
        (case,) = read_inputs(row.request).cases
        assert case.image.size == case.reference.size == case.mask.shape == (32, 48)
    assert read_back(listing.rows, folder) == listing.rows


def test_what_is_no_strip_is_refused(folder):
    draw(folder / "a.png", 143)
    mask(folder / "masks" / "a.png")
    assert "143 px are not divisible by 3" in refused("anydoor", folder)
    draw(folder / "a.png", 144)
    mask(folder / "masks" / "a.png", 47)
    assert "is 47x32 px, the strip 144x32, its panel 48x32" in refused("anydoor", folder)
    assert "strips hold their own references" in refused("anydoor", folder, None, folder)


def test_a_result_is_repaired_after_the_garment_of_its_name(folder):
    draw(folder / "00013_00.jpg")
    draw(folder / "cloth" / "00013_00.jpg")
    mask(folder / "masks" / "00013_00.png")
    (row,) = rows_of_layout("idm-vton", folder)
    assert (row.id, row.request.references) == ("00013_00", (folder / "cloth" / "00013_00.jpg",))
    assert read_back([row], folder) == [row]


def test_pairs_among_the_results_name_the_garments(folder, tmp_path):
    draw(folder / "00013_00.jpg")
    draw(tmp_path / "cloth" / "00055_00.jpg")
    mask(tmp_path / "drawn" / "00013_00_mask.png")
    places = (tmp_path / "drawn", tmp_path / "cloth")
    assert "has no reference for 00013_00.jpg" in refused("idm-vton", folder, *places)
    (folder / "test_pairs.txt").write_text("00013_00.jpg 00055_00.jpg\n\n")
    (row,) = rows_of_layout("idm-vton", folder, *places)
    assert row.request.references == (tmp_path / "cloth" / "00055_00.jpg",)
    assert read_back([row], folder, allow_outside=True) == [row]
    (folder / "test_pairs.txt").write_text("00013_00.jpg 1.jpg\n00013_00.jpg 2.jpg")
    assert "line 2: is not a person and one garment" in refused("idm-vton", folder, *places)
    (folder / "test_pairs.txt").write_text("1.jpg 2.jpg")
    assert "has no line for 00013_00.jpg" in refused("idm-vton", folder, *places)


def test_every_marked_view_of_a_sheet_is_a_row(folder):
    draw(folder / "output.png", 64, 96)
    draw(folder / "references" / "output.png")
    draw(folder / "masks" / "output.png", 64, 96, Box(26, 34, 40, 50))
    rows = rows_of_layout("zero123plus", folder)
    assert [row.id for row in rows] == ["output-view3", "output-view4"]
    assert [row.request.crops["image"] for row in rows] == [Box(0, 32, 32, 64), Box(32, 32, 64, 64)]
    assert [read_inputs(row.request).cases[0].mask.sum() for row in rows] == [6 * 16, 8 * 16]
    assert read_back(rows, folder) == rows


def test_what_is_no_sheet_is_refused(folder):
    draw(folder / "output.png", 64, 64)
    mask(folder / "masks" / "output.png", 64, 96)
    assert "has no reference for output.png" in refused("zero123plus", folder)
    draw(folder / "references" / "output.png")
    assert "64x64 px is no sheet of 2 by 3" in refused("zero123plus", folder)
    draw(folder / "output.png", 64, 96)
    draw(folder / "masks" / "output.png", 64, 96, Box(0, 0, 0, 0))
    assert "the mask is empty" in refused("zero123plus", folder)


def test_a_subject_is_repaired_after_all_of_its_photos(folder, tmp_path):
    for subject in ("backpack", "can"):
        draw(folder / subject / "a dog?.png")
        mask(folder / "masks" / subject / "a dog?.png")
        for number in range(2):
            draw(tmp_path / "dataset" / subject / f"0{number}.jpg")
    rows = rows_of_layout("dreambooth", folder, None, tmp_path / "dataset")
    assert [row.id for row in rows] == ["backpack-a dog_", "can-a dog_"]
    assert [path.name for path in rows[1].request.references] == ["00.jpg", "01.jpg"]
    assert read_back(rows, folder, allow_outside=True) == rows
    assert "cannot be listed" in refused("dreambooth", folder)
    (folder / "references" / "backpack").mkdir(parents=True)
    assert "holds no photos of the subject" in refused("dreambooth", folder)


@pytest.mark.parametrize(
    "names", [("{}_source", "{}_source_mask", "{}_reference"), ("source/{}", "mask/{}", "reference/{}")]
)
def test_sources_are_repaired_where_their_masks_say(folder, names):
    for key in ("000", "001"):
        image, marked, reference = (folder / f"{name.format(key)}.png" for name in names)
        draw(image)
        draw(reference)
        if key == "000":
            mask(marked)
    listing = list_layout("mimicbrush", folder)
    (row,) = listing.rows
    assert row.id == "000"
    assert row.request.places == tuple(folder / f"{name.format('000')}.png" for name in names)
    assert len(listing.left_out) == 1
    assert read_back([row], folder) == [row]


def test_masks_of_sources_may_lie_elsewhere(folder, tmp_path):
    draw(folder / "000_source.png")
    draw(folder / "000_reference.png")
    mask(folder / "000_source_mask.png")
    drawn = mask(tmp_path / "drawn" / "000_source.png")
    (row,) = rows_of_layout("mimicbrush", folder, drawn.parent)
    assert row.request.mask == drawn


def test_mixed_triples_are_refused(folder):
    draw(folder / "000_source.png")
    draw(folder / "source" / "000.png")
    assert "holds 000_source.png and the folder source" in refused("mimicbrush", folder)
    (folder / "000_source.png").unlink()
    (folder / "mask").mkdir()
    (folder / "source_mask").mkdir()
    assert "holds the folders source_mask and mask" in refused("mimicbrush", folder)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_folder_with_nothing_to_repair_is_refused(name, folder, tmp_path):
    assert "holds no pictures in this layout" in refused(name, folder)
    assert "cannot be listed" in refused(name, tmp_path / "none")
    draw(folder / {"dreambooth": "can/1.png", "mimicbrush": "1_source.png"}.get(name, "1.png"))
    assert "has no mask for any of 1 picture" in refused(name, folder)


def test_naming_the_layouts_loads_nothing_heavy():
    program = "import json, sys, artifix.inputs.layouts; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"numpy", "cv2", "PIL", "torch"} & set(json.loads(done.stdout))


def test_an_unknown_layout_is_refused(folder):
    with pytest.raises(UsageError, match="unknown layout x"):
        rows_of_layout("x", folder)


def test_what_may_be_meant_twice_is_refused(folder):
    draw(folder / "a.png")
    draw(folder / "cloth" / "a.jpg")
    mask(folder / "masks" / "a.png")
    mask(folder / "masks" / "a_mask.png")
    assert "a.png and a_mask.png may both be meant" in refused("idm-vton", folder)
    draw(folder / "a.jpg")
    assert "a.jpg and a.png would share their masks" in refused("idm-vton", folder)


def test_names_that_a_manifest_does_not_keep_are_refused(folder):
    draw(folder / "cloth" / "a;b.png")
    draw(folder / "a;b.png")
    mask(folder / "masks" / "a;b.png")
    assert "a;b.png: a manifest cannot name a file" in refused("idm-vton", folder)


def test_relative_folders_give_absolute_paths(folder, monkeypatch):
    draw(folder / "a.png", 144)
    mask(folder / "masks" / "a.png")
    monkeypatch.chdir(folder)
    assert rows_of_layout("anydoor", Path())[0].request.image == folder / "a.png"


NAMES = st.text(
    st.sampled_from([*string.ascii_letters, *"äÅ日\u0301 ,\"'\n\r#=.-_%"]), min_size=1, max_size=12
)
FILES = NAMES.filter(lambda name: name == name.strip() and name.strip("."))
CELLS = {
    "seed": st.integers(0, 2**32 - 1).map(str),
    "guidance_scale": st.floats(0, 99, allow_nan=False).map(str),
    "contexts": st.lists(st.floats(1, 100).map(str), min_size=1, max_size=3).map(", ".join),
    "zoom": st.sampled_from(["true", "FALSE", "1", "no"]),
    "layer": NAMES.map(str.strip).filter(bool),
    "image_crop": st.just("0,0, 9,9"),
    "region": st.just("1,2,3,4"),
    "mask_from": st.sampled_from(["alpha", "luminance", "auto"]),
}


@st.composite
def written_rows(draw):
    """Cells of rows whose files are to be made."""
    names = st.fixed_dictionaries(
        {"image": FILES, "mask": FILES, "reference": st.lists(FILES, min_size=1, max_size=1)},
        optional=CELLS,
    )
    return draw(st.lists(names, min_size=1, max_size=4))


@settings(max_examples=40, deadline=None)
@given(written_rows())
def test_rows_written_as_a_manifest_are_read_again(rows):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for row in rows:
            for name in (row["image"], row["mask"], *row["reference"]):
                (folder / name).touch()
        lines = []
        for row in rows:
            typed = {**row}
            for column, of in (("seed", int), ("guidance_scale", float)):
                if column in row:
                    typed[column] = of(row[column])
            if "contexts" in row:
                typed["contexts"] = [float(number) for number in row["contexts"].split(",")]
            if "zoom" in row:
                typed["zoom"] = row["zoom"].lower() in ("true", "1")
            lines.append(json.dumps(typed))
        (folder / "batch.jsonl").write_text("\n".join(lines), encoding="utf-8")
        first = read_rows(folder / "batch.jsonl")
        assert len(first) == len(rows)
        again = read_back(first, folder)
        unnamed = [replace(row, line=0, written={**row.written, "id": row.id}) for row in first]
        assert [replace(row, line=0) for row in again] == unnamed
        assert manifest_text(again) == manifest_text(first)
