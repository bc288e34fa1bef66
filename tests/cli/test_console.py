"""What is said, and on which stream."""

import json

from artifix.cli.console import Console, printable, tell_error


def test_notes_go_to_stderr(capsys):
    Console().note("hello")
    assert capsys.readouterr() == ("", "hello\n")


def test_quiet_keeps_json(capsys):
    Console(quiet=True, json=True).result("a sentence", {"answer": 42})
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == ({"answer": 42}, "")


def test_progress_without_a_terminal_is_sparse(capsys):
    with Console().progress() as progress:
        for done in range(1, 101):
            progress("sample", done, 100)
    assert capsys.readouterr().err == "repaint 100/100\n"


def test_progress_on_a_terminal_is_a_bar_that_leaves_nothing(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with Console().progress() as progress:
        progress("align", 0, 2)
        progress("align", 2, 2)
    assert "\n\n" not in capsys.readouterr().err


def test_names_of_odd_bytes_can_be_printed():
    assert printable("a\udcffb").encode()


def test_an_error_without_a_hint_is_one_line(capsys):
    tell_error("broken", "")
    assert capsys.readouterr().err == "error: broken\n"
