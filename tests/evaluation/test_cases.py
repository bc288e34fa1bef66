import json

import numpy as np
import pytest
from PIL import Image

from artifix.errors import InputError
from artifix.evaluation.cases import case_folders, read_known_case


def test_cases_are_found_in_order(cases):
    (cases / "notes").mkdir()
    assert [folder.name for folder in case_folders(cases)] == ["boxed", "known"]


def test_a_folder_without_cases_is_refused(cases):
    with pytest.raises(InputError, match="holds no cases"):
        case_folders(cases / "known")


@pytest.mark.parametrize("name", ["boxed", "known"])
def test_truth_and_region_are_read_from_either_form(cases, name):
    known = read_known_case(cases / name)
    assert known.name == name
    assert np.array_equal(known.truth[~known.case.mask], known.case.image.pixels[~known.case.mask])
    assert known.truth[known.case.mask].any()
    assert known.region.shape == (100, 120)
    assert known.region.sum() == known.region[40:60, 60:80].sum() == 400


def test_what_is_not_known_is_none(cases):
    for name in ("truth", "region"):
        (cases / "known" / f"{name}.png").unlink()
    known = read_known_case(cases / "known")
    assert known.truth is None
    assert known.region is None


def test_without_an_index_a_box_is_not_known(cases):
    (cases / "index.json").unlink()
    assert read_known_case(cases / "boxed").region is None


def test_a_region_of_another_size_than_the_reference_is_refused(cases):
    Image.new("L", (60, 50), 255).save(cases / "known" / "region.png")
    with pytest.raises(InputError, match="region.png: is 60x50 px but the reference is 120x100 px"):
        read_known_case(cases / "known")


def test_an_empty_region_is_refused(cases):
    Image.new("L", (120, 100)).save(cases / "known" / "region.png")
    with pytest.raises(InputError, match="region.png: the region is empty"):
        read_known_case(cases / "known")


@pytest.mark.parametrize("box", [[60, 40, 121, 60], [-1, 40, 80, 60], [60, 40, 60, 60], [200, 0, 210, 9]])
def test_a_box_that_is_not_in_the_reference_is_refused(cases, box):
    (cases / "index.json").write_text(json.dumps([{"case": "boxed", "reference_box": box}]))
    with pytest.raises(InputError, match=r"boxed: the box .* is not in the reference, which is 120x100 px"):
        read_known_case(cases / "boxed")


@pytest.mark.parametrize(
    "text", ["{", '{"case": 1}', "[1]", '[{"box": [1]}]', '[{"case": "boxed", "reference_box": [1, 2]}]']
)
def test_a_damaged_index_is_refused_by_name(cases, text):
    (cases / "index.json").write_text(text)
    with pytest.raises(InputError, match=r"index.json: is no list of cases"):
        read_known_case(cases / "boxed")


def test_a_damaged_truth_is_refused_by_name(cases):
    (cases / "known" / "truth.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"truth.png: "):
        read_known_case(cases / "known")


def test_a_truth_of_another_size_is_refused(cases):
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(cases / "known" / "truth.png")
    with pytest.raises(InputError, match="truth.png: is 9x9 px but the image is"):
        read_known_case(cases / "known")
