import pytest

from artifix.cli.options import as_option
from artifix.errors import InputError, UsageError
from artifix.setting_names import setting
from artifix.ui.messages import in_words, told


def test_a_file_is_named_without_the_folder_of_the_visitor(tmp_path):
    error = InputError(f"{tmp_path}/a.png: is cut short", f"save {tmp_path}/a.png again")
    assert told(error, tmp_path, as_option) == ("a.png: is cut short", "save a.png again")


def test_settings_are_spelled_as_on_the_command_line(tmp_path):
    error = UsageError(f"{setting('mask_threshold', 0.4)} is odd", "")
    assert told(error, tmp_path, as_option)[0] == "--mask-threshold 0.4 is odd"


def test_a_bug_is_shown_in_the_terminal_and_told_in_a_sentence(tmp_path, capsys):
    problem, hint = told(ZeroDivisionError("division by zero"), tmp_path, as_option)
    assert problem == "ZeroDivisionError: division by zero"
    assert "bug" in hint
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_memory_that_ran_out_is_told_as_that(tmp_path):
    assert told(MemoryError(), tmp_path, as_option)[0] == "out of memory: MemoryError"


@pytest.mark.parametrize(
    ("probability", "words"), [(1, "very likely"), (0.8, "very likely"), (0.5, "likely"), (0.1, "doubtful")]
)
def test_a_probability_has_its_words(probability, words):
    assert in_words(probability) == words
