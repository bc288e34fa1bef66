import numpy as np
import pytest
from PIL import Image

from artifix.config import CommandConfig
from artifix.errors import InputError
from artifix.evaluation.bench.export import made_with
from artifix.evaluation.bench.methods import Method
from artifix.evaluation.bench.others import read_result, results_of


@pytest.fixture
def method(tmp_path):
    """Another tool, with results of the three cases: two files, and a folder with a region."""
    folder = tmp_path / "other"
    (folder / "case-2").mkdir(parents=True)
    for name in ("case-0", "case-1", "case-2/refined"):
        Image.new("RGB", (180, 160), (9, 8, 7)).save(folder / f"{name}.png")
    Image.new("L", (220, 200), 255).save(folder / "case-2" / "region.png")
    return Method("other", "folder", folder=folder)


def test_results_are_files_or_folders_of_their_case(method, groups):
    results = results_of(method, groups, False)
    assert list(results) == ["case-0", "case-1", "case-2"]
    assert results["case-0"].region is None
    read = read_result(results["case-2"], (160, 180), (200, 220))
    assert (read.refined == (9, 8, 7)).all()
    assert read.region.all()
    assert set(read.digests) == {"result", "region of the result"}


def test_missing_and_extra_images_are_listed_together(method, groups):
    (method.folder / "case-1.png").rename(method.folder / "case-9.png")
    with pytest.raises(InputError, match="1 image missing: case-1; 1 image of no case: case-9") as caught:
        results_of(method, groups, False)
    assert "allow_missing" in caught.value.hint
    assert list(results_of(method, groups, True)) == ["case-0", "case-2"]


def test_many_missing_ones_are_counted_not_all_listed(method, groups):
    many = [*groups, *([groups[0]] * 0)]
    for path in method.folder.glob("*.png"):
        path.unlink()
    with pytest.raises(InputError, match="2 images missing: case-0, case-1"):
        results_of(method, many, False)


def test_a_folder_without_any_result_is_refused_even_where_some_may_be_missing(method, groups, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds a result of none of 3 cases"):
        results_of(Method("none", "folder", folder=tmp_path / "empty"), groups, True)


def test_two_results_of_one_case_are_refused(method, groups):
    Image.new("RGB", (180, 160)).save(method.folder / "case-0.jpg")
    with pytest.raises(InputError, match=r"may both be meant"):
        results_of(method, groups, False)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("case-0.png", r"case-0\.png: is 90x80 px but the image is 180x160 px"),
        ("case-2/region.png", r"region\.png: is 90x80 px but the reference is 220x200 px"),
    ],
)
def test_results_of_another_size_are_refused_before_the_work(method, groups, name, said):
    Image.new("RGB", (90, 80)).save(method.folder / name)
    results = results_of(method, groups, False)
    with pytest.raises(InputError, match=said):
        made_with(method, groups, CommandConfig(), results)


def test_numbers_may_have_leading_zeros(method, groups):
    from dataclasses import replace

    numbered = [replace(g, files=replace(g.files, name=str(i))) for i, g in enumerate(groups)]
    (method.folder / "case-0.png").rename(method.folder / "000.png")
    (method.folder / "case-1.png").rename(method.folder / "1.png")
    (method.folder / "case-2").rename(method.folder / "02")
    assert list(results_of(method, numbered, False)) == ["0", "1", "2"]


def test_what_was_read_depends_on_the_pixels(method, groups):
    results = results_of(method, groups, False)
    before = made_with(method, groups, CommandConfig(), results)
    Image.fromarray(np.zeros((160, 180, 3), np.uint8)).save(method.folder / "case-0.png")
    after = made_with(method, groups, CommandConfig(), results)
    assert [name for name in before.inputs if before.inputs[name] != after.inputs[name]] == ["case-0"]
