"""Writes the command reference from the commands themselves, as their --help tells."""

import contextlib
import io
import os
from collections.abc import Iterator
from typing import Any

import typer

from artifix.cli.app import app

MARK = "<!-- commands -->"
COLUMNS = "92"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by mkdocs for every page."""
    return markdown.replace(MARK, "\n".join(_sections())) if MARK in markdown else markdown


def _sections() -> Iterator[str]:
    for words in _commands(typer.main.get_command(app)):
        yield f"## artifix {' '.join(words)}\n\n```text\n{_help(words)}\n```\n"


def _commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command that does something."""
    inner = getattr(command, "commands", None)
    if not inner:
        yield words
        return
    for name, one in inner.items():
        yield from _commands(one, (*words, name))


def _help(words: tuple[str, ...]) -> str:
    told = io.StringIO()
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = COLUMNS
    try:
        with contextlib.redirect_stdout(told), contextlib.suppress(SystemExit):
            app([*words, "--help"], prog_name="artifix")
    finally:
        os.environ.pop("COLUMNS") if before is None else os.environ.update(COLUMNS=before)
    return told.getvalue().strip()
