"""What is said, and on which stream."""

import io
import json
import os
import subprocess
import sys

import pytest

from artifix.cli.console import Console, escaping, tell_error
from artifix.errors import ExitCode


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


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii", "cp437"])
def test_what_a_stream_cannot_show_is_escaped(monkeypatch, encoding):
    written = {name: io.BytesIO() for name in ("stdout", "stderr")}
    for name, stream in written.items():
        monkeypatch.setattr(sys, name, io.TextIOWrapper(stream, encoding, "strict"))
    with escaping():
        Console().result("größe 😀 a\udcffb", {})
        Console().note("größe 😀 a\udcffb")
        sys.stdout.flush()
        tell_error("größe 😀", "a\udcffb")
    assert rb"a\udcffb" in written["stdout"].getvalue()
    assert written["stdout"].getvalue() in written["stderr"].getvalue()
    assert sys.stdout.errors == "strict"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii:strict"])
@pytest.mark.parametrize(
    "command", [["batch", "{m}", "--out", "{o}", "--dry-run"], ["refine", "{m}", "-q"], []]
)
def test_no_command_dies_of_the_consoles_code_page(tmp_path, encoding, command):
    name = "größe 😀"
    for file in (f"{name}.png", "m.png", "r.png"):
        (tmp_path / file).touch()
    manifest = tmp_path / f"{name}.csv"
    manifest.write_text(f"image,mask,reference\n{name}.png,m.png,r.png\n", encoding="utf-8")
    arguments = [word.format(m=manifest, o=tmp_path / name) for word in command]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    program = [sys.executable, "-m", "artifix", *arguments]
    done = subprocess.run(program, env=environment, capture_output=True, check=False)
    assert done.returncode != ExitCode.BUG, done.stderr
    if "--dry-run" in arguments:
        assert (done.returncode, b"\\U0001f600.png,m.png,r.png" in done.stdout) == (ExitCode.OK, True)
        assert b"cannot show all of it" in done.stderr


def test_an_error_without_a_hint_is_one_line(capsys):
    tell_error("broken", "")
    assert capsys.readouterr().err == "error: broken\n"
