"""Cases listed in a CSV file: what is read, and what is told of its mistakes."""

import codecs
from pathlib import Path

import numpy as np
import pytest

from artifix.errors import InputError
from artifix.evaluation.cases import CaseFiles, read_known_case
from artifix.evaluation.manifest import find_cases, read_manifest, require_regions
from artifix.geometry import Box

ROW = "known/image.png,known/mask.png,known/reference.png"


@pytest.fixture
def manifest(cases):
    """Write a manifest beside the cases: manifest(line, ...) is its path."""

    def write(*lines: str, encoding: str = "utf-8") -> Path:
        path = cases / "cases.csv"
        path.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))
        return path

    return write


def told(path):
    with pytest.raises(InputError) as caught:
        read_manifest(path)
    return caught.value.problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_paths_are_relative_to_the_manifest(manifest, cases, encoding):
    path = manifest("image,mask,reference,region", f"{ROW},known/region.png", encoding=encoding)
    (files,) = find_cases(path)
    assert files.name == "known/image"
    assert files.paths == tuple(
        cases / "known" / f"{n}.png" for n in ("image", "mask", "reference", "region")
    )
    assert np.array_equal(read_known_case(files).region, read_known_case(cases / "known").region)
    assert (path.read_bytes()[:3] == codecs.BOM_UTF8) == (encoding == "utf-8-sig")


def test_a_box_may_stand_in_for_a_region(manifest):
    path = manifest("reference_box,image,mask,reference", f'"60, 40,80,60",{ROW}')
    (files,) = read_manifest(path)
    assert files.reference_box == Box(60, 40, 80, 60)
    region = read_known_case(files).region
    assert region.sum() == region[40:60, 60:80].sum() == 400


def test_rows_that_share_an_image_are_told_apart_by_their_line(manifest):
    other = ROW.replace("known", "boxed")
    path = manifest("image,mask,reference", ROW, other, ROW)
    assert [files.name for files in read_manifest(path)] == ["known/image#2", "boxed/image", "known/image#4"]


def test_all_mistakes_are_told_at_once_with_their_lines(manifest):
    path = manifest(
        "image,mask,reference,region,reference_box",
        f"{ROW},,",
        "",
        f"{ROW},known/none.png,",
        ",,,,",
        f'{ROW},,"1,2,3"',
        f"{ROW},",
        f'{ROW.replace("known/mask.png", "")},,"9,9,4,20"',
    )
    problem = told(path)
    assert problem.startswith(f"{path}: 7 mistakes:\n")
    lines = [line.strip() for line in problem.splitlines()[1:]]
    assert lines == [
        "line 3: is empty",
        f"line 4: region: {path.parent / 'known' / 'none.png'}: no such file",
        "line 5: is empty",
        "line 6: reference_box: 1,2,3 is not x0,y0,x1,y1",
        "line 7: has 4 cells, not 5",
        "line 8: has no mask",
        "line 8: reference_box: 9,9,4,20 is not x0,y0,x1,y1",
    ]


def test_lines_are_counted_as_an_editor_does(manifest):
    path = manifest("image,mask,reference,reference_box", f'{ROW},"1,\n2,9,9"', "x,y,z,")
    problem = told(path)
    assert "line 4: image: " in problem
    assert "line 2" not in problem


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("image,mask,reference,regoin", "line 1: unknown column regoin"),
        ("image,mask", "line 1: no column reference"),
        ("image,mask,reference,image", "line 1: column image is there 2 times"),
        ("image,mask,reference,", r"line 1: unknown column \(no name\)"),
    ],
)
def test_wrong_columns_are_named(manifest, header, said):
    with pytest.raises(InputError, match=said) as caught:
        read_manifest(manifest(header, "a,b,c,d"))
    assert "columns are" in caught.value.hint


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no column image"),
        (b"image,mask,reference\n", "lists no cases"),
        (b"image,mask,reference\n\xff", "is not UTF-8"),
        (b'image,mask,reference\n"a', "line 2: is not CSV"),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path, data, said):
    path = tmp_path / "cases.csv"
    path.write_bytes(data)
    assert said in told(path)


def test_a_missing_manifest_is_refused(tmp_path):
    assert "cannot be read" in told(tmp_path / "none.csv")


def test_a_folder_is_searched_for_cases(cases):
    assert [files.name for files in find_cases(cases)] == ["boxed", "known"]


def test_cases_without_a_true_region_are_named():
    def files(name, **known):
        return CaseFiles(name, *[Path("a.png")] * 3, **known)

    have = [files("a", region=Path("r.png")), files("b", reference_box=Box(0, 0, 4, 4))]
    require_regions(have)
    with pytest.raises(InputError, match=r"2 cases without a true region: c, d \(2 of 4 have one\)"):
        require_regions([*have, files("c"), files("d")])
