"""Files are found by name and content; results of other methods by the name of the row."""

import hashlib

import pytest

from artifix.errors import InputError
from artifix.evaluation.sheets.found_files import Library, repaired_in, result_of, truth_beside


def write(path, text="x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_file_beside_the_run_goes_before_those_in_folders(tmp_path):
    near = write(tmp_path / "near" / "image.png", "a")
    write(tmp_path / "lib" / "image.png", "a")
    library = Library([tmp_path / "lib"])
    assert library.find("image.png", digest("a"), tmp_path / "near") == near


def test_of_files_of_one_name_the_one_with_the_content_is_taken(tmp_path):
    write(tmp_path / "image.png", "other")
    for name in ("a", "b/deep", "c"):
        write(tmp_path / "lib" / name / "image.png", name)
    library = Library([tmp_path / "lib"])
    for name in ("b/deep", "c", "a"):
        assert library.find("image.png", digest(name), tmp_path) == tmp_path / "lib" / name / "image.png"


def test_what_is_not_there_is_told_with_where_it_was_sought(tmp_path):
    write(tmp_path / "lib" / "image.png", "a")
    library = Library([tmp_path / "lib"])
    with pytest.raises(InputError, match="1 of that name, of other content") as error:
        library.find("image.png", digest("b"), tmp_path)
    assert str(tmp_path / "lib") in error.value.problem
    assert "inputs=DIR" in error.value.hint
    with pytest.raises(InputError, match="none of that name"):
        library.find("photo.png", digest("a"), tmp_path)


@pytest.mark.parametrize("place", ["mug.png", "mug.jpg", "mug/refined.png", "mug/refined.webp"])
def test_a_method_keeps_its_results_as_pictures_or_folders(tmp_path, place):
    path = write(tmp_path / place)
    assert result_of(tmp_path, ["mug"]) == path
    assert result_of(tmp_path, ["x", "mug"]) == path
    assert result_of(tmp_path, ["mu"]) is None


def test_two_results_of_one_name_are_refused(tmp_path):
    write(tmp_path / "mug.png")
    write(tmp_path / "mug" / "refined.png")
    with pytest.raises(InputError, match="mug.png and mug/refined.png may both be meant"):
        result_of(tmp_path, ["mug"])


def test_truths_and_repairs_are_found_by_their_names(tmp_path):
    assert truth_beside(tmp_path / "image.png") is None
    assert repaired_in(tmp_path) is None
    expected, refined = write(tmp_path / "expected.png"), write(tmp_path / "refined.jpg")
    assert truth_beside(tmp_path / "image.png") == expected
    assert repaired_in(tmp_path) == refined
    truth = write(tmp_path / "truth.png")
    assert truth_beside(tmp_path / "image.png") == truth
