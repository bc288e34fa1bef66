"""A batch that is killed."""

import pytest


def test_a_batch_killed_anywhere_comes_to_the_same(long_check, capsys):
    asked = ["--count", "3", "--real", "0", "--rows", "30"]
    assert long_check("kills").main(asked) == 0, capsys.readouterr().out


@pytest.mark.slow
def test_the_command_killed_anywhere_comes_to_the_same(long_check, capsys):
    asked = ["--count", "12", "--real", "2", "--real-rows", "6"]
    assert long_check("kills").main(asked) == 0, capsys.readouterr().out
