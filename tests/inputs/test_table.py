"""CSV files: what is read of them, on which line it stands, and what is refused."""

import os

import pytest

from artifix.errors import InputError
from artifix.inputs import table
from artifix.inputs.table import mistaken, read_table, read_text, shown


@pytest.fixture
def written(tmp_path):
    def write(data):
        path = tmp_path / "t.csv"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


def told(path):
    with pytest.raises(InputError) as caught:
        read_table(path, "form")
    return caught.value.problem


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_rows_are_read_whatever_ends_a_line(written, end, mark):
    path = written(mark + end.join(["a,b", "1, 2 ", '"x,""y""",', ""]))
    assert read_table(path, "") == (["a", "b"], [(2, ["1", "2"]), (3, ['x,"y"', ""])])


def test_lines_are_counted_through_quoted_breaks(written):
    path = written('a,b\n"1\n2\r\n3",x\ny,z\n')
    assert [line for line, _ in read_table(path, "")[1]] == [2, 5]


@pytest.mark.parametrize("data", ["", "\ufeff"])
def test_nothing_is_a_table_without_columns(written, data):
    assert read_table(written(data), "") == ([], [])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a\n\xff", "is not UTF-8: invalid start byte at byte 2"),
        (b"a\r\nb\r\n\0", "line 3: holds a NUL"),
        (b'a\nb\n"c', "line 3: is not CSV"),
        (b'a\n"b"c\n', "line 2: is not CSV"),
        (b"a\n" + b"b" * 200_000, "line 2: is not CSV: field larger"),
        ("a,b\n".encode("utf-16"), "is not UTF-8"),
    ],
)
def test_what_is_no_csv_is_refused_with_its_line(written, data, said):
    assert said in told(written(data))


def test_a_folder_a_pipe_and_a_missing_file_are_refused(tmp_path):
    assert "it is a folder" in told(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in told(tmp_path / "pipe")
    assert "No such file" in told(tmp_path / "none")
    assert "cannot be read" in told(tmp_path / "a\0b")


def test_what_is_too_large_is_refused_before_it_is_read(tmp_path, written):
    with (tmp_path / "large").open("wb") as file:
        file.truncate(200 * 2**20)  # takes no room on the disk
    assert "is larger than 64 MiB" in told(tmp_path / "large")
    assert "lines" in told(written("\n" * (table.MOST_LINES + 1)))


def test_text_is_read_without_its_mark(written):
    assert read_text(written("\ufeffä")) == "ä"


def test_of_many_mistakes_the_first_are_told_in_order(tmp_path):
    error = mistaken(tmp_path, [(line, "bad") for line in range(60, 0, -1)], "form")
    lines = error.problem.splitlines()
    assert lines[0].endswith(": 60 mistakes:")
    assert lines[1:3] == ["  line 1: bad", "  line 2: bad"]
    assert len(lines) == 52
    assert lines[-1] == "  and 10 more"


def test_cells_are_shown_short_and_without_signs_that_act():
    assert shown("a\x1b[2J\ud800") == "a\\x1b[2J\\ud800"
    assert shown("x" * 500) == "x" * 80 + "..."
