"""Manifests as spreadsheets and other systems write them."""

import unicodedata
from pathlib import Path

import pytest

from artifix.errors import InputError
from artifix.inputs.manifest import read_manifest, read_rows

HEAD, ROW = "image,mask,reference", "gen/a.png,masks/a.png,r.png"


@pytest.fixture
def folder(tmp_path):
    for name in ("gen/a.png", "gen/größe.png", "masks/a.png", "r.png"):
        path = tmp_path / unicodedata.normalize("NFC", name)
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


@pytest.fixture
def read(folder):
    def read(text: str | bytes, encoding: str = "utf-8"):
        path = folder / "m.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return read_manifest(path)

    return read


def names(row) -> list[str]:
    request = row.request
    return [path.name for path in (request.image, request.mask, *request.references)]


@pytest.mark.parametrize(("sign", "told"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_other_separators_are_read_and_told(read, sign, told):
    found = read(f"{HEAD}\r\n{ROW}\r\n".replace(",", sign))
    assert names(found.rows[0]) == ["a.png", "a.png", "r.png"]
    assert f"separated by {told}" in found.notes


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_line_that_names_the_separator_is_no_row(read, sign):
    text = f"{HEAD}\r\n{ROW}\r\n".replace(",", sign)
    (row,) = read(f"sep={sign}\r\n{text}").rows
    assert row.line == 3


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("utf-32", "UTF-32"), ("cp1252", "Windows-1252")],
)
def test_other_encodings_are_read_and_told(read, encoding, told):
    found = read(f"{HEAD}\n{ROW.replace('gen/a', 'gen/größe')}\n", encoding)
    assert names(found.rows[0])[0] == "größe.png"
    assert f"read as {told}" in found.notes


def test_bytes_of_no_encoding_are_refused_with_the_remedy(read):
    with pytest.raises(InputError, match="is not UTF-8") as caught:
        read(HEAD.encode() + b"\n\x81\xff,m,r\n")
    assert caught.value.hint == "save it as UTF-8"


@pytest.mark.parametrize(
    "head", ["Image,MASK,Reference", "“image”,mask,ref", "image path,mask-path,ref_image"]
)
def test_columns_are_known_by_their_usual_spellings(read, head):
    assert names(read(f"{head}\n{ROW}\n").rows[0]) == ["a.png", "a.png", "r.png"]


def test_further_references_are_known_by_number(read):
    assert names(read(f"image,mask,ref,ref2,Reference 3\n{ROW},r.png,r.png\n").rows[0])[2:] == ["r.png"] * 3


def test_blank_and_comment_lines_are_left_out_and_counted(read):
    found = read(f"# my run\n\n{HEAD}\n#{ROW}\n,,\n{ROW}\n\n")
    assert [row.line for row in found.rows] == [6]
    assert "5 blank or comment lines left out" in found.notes


def test_a_quoted_cell_that_begins_like_a_comment_is_a_cell(read):
    (row,) = read(f'id,{HEAD}\n"#1",{ROW}\n').rows
    assert row.id == "#1"


@pytest.mark.parametrize(
    ("head", "row"), [(f"{HEAD},,", f"{ROW},,"), (f",{HEAD}", f"0,{ROW}"), (HEAD, f"{ROW},,,")]
)
def test_columns_without_a_name_that_say_nothing_are_left_out(read, head, row):
    assert names(read(f"{head}\n{row}\n").rows[0]) == ["a.png", "a.png", "r.png"]


def test_cells_under_no_name_are_a_mistake(read):
    with pytest.raises(InputError, match=r"unknown column \(no name\)"):
        read(f"{HEAD},\n{ROW},x\n")


def test_columns_of_other_programs_are_left_alone_and_told(read):
    found = read(f"{HEAD},customer,Unnamed: 4\n{ROW},ACME,\n")
    assert "columns left alone: customer" in found.notes
    assert "customer" not in found.rows[0].written


def test_a_misspelt_column_is_no_foreign_one(read):
    with pytest.raises(InputError, match="guidance_scal, is guidance_scale meant"):
        read(f"{HEAD},guidance_scal\n{ROW},2\n")


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("seed", "7.0", 7),
        ("seed", '"7,0"', 7),
        ("guidance_scale", '"1,5"', 1.5),
        ("zoom", "NO", False),
        ("zoom", "y", True),
    ],
)
def test_numbers_and_flags_are_read_as_spreadsheets_write_them(read, column, text, value):
    assert read(f"{HEAD},{column}\n{ROW},{text}\n").rows[0].settings[column] == value


@pytest.mark.parametrize("image", ["gen\\a.png", "GEN/A.PNG", "“gen/a.png”", "./gen/a.png"])
def test_paths_are_found_under_their_usual_respellings(read, image):
    found = read(f"{HEAD}\n{image},masks/a.png,r.png\n")
    assert names(found.rows[0])[0] == "a.png"
    assert found.rows[0].request.image.is_file()
    assert bool(found.notes) == (image != "./gen/a.png")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_are_found_however_they_are_composed(read, form):
    image = unicodedata.normalize(form, "gen/größe.png")
    assert read(f"{HEAD}\n{image},masks/a.png,r.png\n").rows[0].request.image.is_file()


def test_of_two_files_that_differ_in_case_neither_is_guessed(read, folder):
    (folder / "gen/A.png").touch()
    if len(list((folder / "gen").iterdir())) < 3:
        pytest.skip("this disk ignores case")
    with pytest.raises(InputError, match=r"gen/a\.PNG: no such file"):
        read(f"{HEAD}\ngen/a.PNG,masks/a.png,r.png\n")


def test_a_respelt_path_leads_no_further_than_another(read):
    with pytest.raises(InputError, match="leads upwards|no such file"):
        read(f"{HEAD}\n..\\..\\etc\\passwd,masks/a.png,r.png\n")


def test_a_drive_of_windows_is_told(read):
    with pytest.raises(InputError, match="on a drive of Windows; name files relative"):
        read(f"{HEAD}\nC:\\work\\a.png,masks/a.png,r.png\n")


def test_a_workbook_is_told(folder):
    path = folder / "m.XLSX"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match="is a workbook") as caught:
        read_manifest(path)
    assert "CSV" in caught.value.hint


def test_a_missing_file_is_its_rows_fault_alone(read, folder):
    found = read(f"{HEAD}\n{ROW}\ngen/b.png,masks/a.png,r.png\n")
    assert [row.id for row in found.rows] == ["a", "b"]
    assert found.absent == ((3, "image: gen/b.png: no such file"),)
    assert found.rows[1].request.image == folder / "gen/b.png"
    with pytest.raises(InputError, match=r"gen/b\.png: no such file"):
        read_rows(folder / "m.csv")


def test_where_no_row_has_its_files_the_manifest_is_refused(read):
    with pytest.raises(InputError, match="2 mistakes"):
        read(f"{HEAD}\ngen/b.png,masks/a.png,r.png\ngen/c.png,masks/a.png,r.png\n")


def test_images_of_one_name_are_told_apart_by_their_folders(read, folder):
    for place in ("b/x.png", "c/x.png", "c/d/x.png"):
        path = folder / place
        path.parent.mkdir(exist_ok=True)
        path.touch()
    rows = "b/x.png,masks/a.png,r.png\nc/x.png,masks/a.png,r.png\n"
    assert [row.id for row in read(f"{HEAD}\n{rows}").rows] == ["b-x", "c-x"]
    more = f"{HEAD}\nc/d/x.png,masks/a.png,r.png\n{ROW}\n{rows}"
    assert [row.id for row in read(more).rows] == ["d-x", "a", "b-x", "c-x"]


def test_rows_of_one_image_are_numbered(read):
    assert [row.id for row in read("\n".join([HEAD, ROW, ROW, ROW])).rows] == ["a", "a-2", "a-3"]


def test_a_row_whose_image_is_its_own_mask_names_none(read):
    (row,) = read("image,reference,mask_from\ngen/a.png,r.png,image-alpha\n").rows
    assert row.request.mask == row.request.image
    with pytest.raises(InputError, match="has no mask"):
        read("image,reference,mask_from\ngen/a.png,r.png,alpha\n")
    path = Path(row.request.image).parents[1] / "m.csv"
    path.write_text("image,reference\ngen/a.png,r.png\n")
    with pytest.raises(InputError, match="no column mask"):
        read_manifest(path)
    assert len(read_manifest(path, without_masks=True).rows) == 1


def test_a_mask_that_would_not_be_read_is_a_mistake(read):
    with pytest.raises(InputError, match="line 2: names a mask, which mask_from image-alpha leaves unread"):
        read(f"{HEAD},mask_from\n{ROW},image-alpha\n")
    (row,) = read(f"{HEAD},mask_from\ngen/a.png,gen/a.png,r.png,image-alpha\n").rows  # as --dry-run prints it
    assert row.request.mask == row.request.image


def test_files_put_together_are_read_as_one(read):
    found = read(f"\ufeff{HEAD}\n{ROW}\n\ufeff{HEAD}\n\ufeff{ROW}\n")
    assert [names(row) for row in found.rows] == [["a.png", "a.png", "r.png"]] * 2
    assert not found.absent
    assert "1 line left out that repeats the names of the columns" in found.notes


def test_utf_16_without_its_mark_is_read_in_either_order(read):
    for encoding in ("utf-16-le", "utf-16-be"):
        assert "read as UTF-16" in read(f"{HEAD}\n{ROW}\n", encoding).notes


@pytest.mark.parametrize("text", ["1,000", "1.000", "-12.000"])
def test_three_zeros_that_may_be_of_thousands_are_not_guessed(read, text):
    with pytest.raises(InputError, match=f"seed: {text} is not a whole number"):
        read(f'{HEAD},seed\n{ROW},"{text}"\n')


def test_names_are_told_where_none_is_a_column(read):
    with pytest.raises(
        InputError, match=r"names no columns that are known: gen/a\.png, masks/a\.png, r\.png"
    ):
        read(f"{ROW}\n{ROW}\n")


def test_a_row_with_other_separators_than_the_first_line_is_told_once(read):
    with pytest.raises(InputError, match="1 mistake:\n  line 3: has tabs between its cells"):
        read(f"{HEAD}\n{ROW}\n{ROW.replace(',', chr(9))}\n")


def test_json_that_is_named_csv_is_told(read):
    for text in ('[{"image": "a.png"}]', '{"image": "a.png"}\n'):
        with pytest.raises(InputError, match="is JSON, not CSV"):
            read(text)


def test_percents_of_addresses_are_decoded_where_the_file_is_there(read, folder):
    (folder / "gen/b c.png").touch()
    found = read(f"{HEAD}\ngen/b%20c.png,masks/a.png,r.png\ngen/gr%C3%B6%C3%9Fe.png,masks/a.png,r.png\n")
    assert [names(row)[0] for row in found.rows] == ["b c.png", "größe.png"]
    assert any("2 paths spelt otherwise" in note for note in found.notes)
    with pytest.raises(InputError, match="leads upwards|no such file|is an absolute path"):
        read(f"{HEAD}\n%2e%2e%2fetc%2fpasswd,masks/a.png,r.png\n")
    (folder / "gen/b%20c.png").touch()
    assert names(read(f"{HEAD}\ngen/b%20c.png,masks/a.png,r.png\n").rows[0])[0] == "b%20c.png"


@pytest.mark.parametrize(
    ("image", "told"),
    [
        ("~/a.png", "~/ is not filled in"),
        ("$DATA/a.png", "$DATA is not filled in"),
        ("x/${DATA}/a.png", "${DATA} is not filled in"),
        ("%USERPROFILE%\\a.png", "%USERPROFILE% is not filled in"),
        ("\\\\server\\share\\a.png", "server of a Windows network"),
        ("gone%20b%20c.png", "gone%20b%20c.png: no such file"),
    ],
)
def test_what_only_a_shell_or_windows_knows_is_told(read, image, told):
    with pytest.raises(InputError) as caught:
        read(f"{HEAD}\n{image},masks/a.png,r.png\n")
    assert told in caught.value.problem
    assert ("is not filled in" in caught.value.problem) == ("is not filled in" in told)
