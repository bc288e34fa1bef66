"""Folders of what methods made."""

import pytest
from PIL import Image

from artifix.errors import InputError, UsageError
from artifix.evaluation.manifest import find_cases
from artifix.evaluation.study.methods import methods_of


@pytest.fixture
def read(own_sources):
    return lambda given=None: methods_of(given or own_sources.named, find_cases(own_sources.cases))


def test_both_forms_of_a_folder_are_read(read):
    plain, _, run = read()
    assert plain.pictures["secretcase0"].name == "secretcase0.png"
    assert run.pictures["secretcase0"].parts[-2:] == ("secretcase0", "refined.png")
    assert plain.extra == run.extra == ()


def test_missing_pictures_are_counted_and_named(read, own_sources):
    for number in (1, 3):
        (own_sources.methods["SuperRepair"] / f"secretcase{number}.png").unlink()
    with pytest.raises(
        InputError, match=r"SuperRepair.*no picture of 2 of 5 cases: secretcase1, secretcase3"
    ):
        read()


def test_pictures_of_no_case_are_told_beside_those_that_are_missing(read, own_sources):
    folder = own_sources.methods["SuperRepair"]
    (folder / "secretcase1.png").rename(folder / "case1.png")
    with pytest.raises(
        InputError, match=r"no picture of 1 of 5 cases: secretcase1; 1 picture of no case: case1"
    ):
        read()


def test_pictures_of_no_case_alone_are_only_told(read, own_sources):
    picture = Image.open(own_sources.cases / "secretcase0" / "image.png")
    picture.save(own_sources.methods["OldInpainter"] / "overview.png")
    assert read()[1].extra == ("overview",)


def test_two_pictures_of_one_case_are_refused(read, own_sources):
    folder = own_sources.methods["SuperRepair"]
    (folder / "secretcase2").mkdir()
    (folder / "secretcase2" / "refined.png").write_bytes((folder / "secretcase2.png").read_bytes())
    with pytest.raises(InputError, match="secretcase2 is there twice"):
        read()


@pytest.mark.parametrize("given", ["", "name", "=folder", "name=", "a\nb=folder", "x" * 61 + "=folder"])
def test_what_is_no_name_and_folder_is_refused(read, given):
    with pytest.raises(UsageError, match="is not NAME=FOLDER"):
        read([given, "other=folder"])


def test_a_name_or_folder_given_twice_is_refused(read, own_sources):
    folders = list(own_sources.methods.values())
    with pytest.raises(UsageError, match="the name is that of"):
        read([f"a={folders[0]}", f"a={folders[1]}"])
    with pytest.raises(UsageError, match="the folder is that of"):
        read([f"a={folders[0]}", f"b={folders[0]}/../{folders[0].name}"])


def test_a_missing_folder_is_told(read, tmp_path):
    with pytest.raises(InputError, match="method a: .*none: no such folder"):
        read([f"a={tmp_path / 'none'}", f"b={tmp_path}"])


def test_a_picture_of_another_size_is_refused(own_sources):
    path = own_sources.methods["OldInpainter"] / "secretcase4.png"
    Image.open(path).resize((32, 24)).save(path)
    with pytest.raises(
        InputError, match=r"OldInpainter: .*secretcase4.png: is 32x24 px but the image is 64x48"
    ):
        own_sources.design()
