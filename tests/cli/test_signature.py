"""Options in groups: typed in the code, each on its own in the help."""

from dataclasses import dataclass, fields
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest
import typer
from typer.testing import CliRunner

from artifix.cli import options
from artifix.cli.ablate import LookOptions
from artifix.cli.signature import flattened
from artifix.config import SECTIONS, SETTINGS, RefineConfig

GROUPS = (
    options.MaskOptions,
    options.CodingOptions,
    options.RunOptions,
    options.SamplingOptions,
    options.MatchOptions,
    options.SureOptions,
    LookOptions,
)


@dataclass(frozen=True)
class Wanted:
    name: Annotated[str, typer.Argument()]
    often: Annotated[int, typer.Option("--often")] = 1
    steps: int | None = None


@pytest.fixture
def call():
    """Run a command of such options; what it was given."""
    seen: list[Any] = []

    def command(*, loud: Annotated[bool, typer.Option("--loud")] = False, wanted: Wanted) -> None:
        """Say it."""
        seen.append((loud, wanted))

    app = typer.Typer()
    app.command()(flattened(command))

    def run(*arguments):
        result = CliRunner().invoke(app, arguments)
        return seen.pop() if seen else result.output

    return run


def test_a_group_is_filled_from_options_of_their_own(call):
    assert call("ann", "--often", "3", "--loud") == (True, Wanted("ann", 3, None))
    assert call("ann", "--steps", "7") == (False, Wanted("ann", 1, 7))


def test_what_is_missing_or_wrong_is_told_by_its_option(call):
    assert "name" in call()
    assert "--often" in call("ann", "--often", "many")


@pytest.mark.parametrize("group", GROUPS)
def test_settings_have_the_types_of_the_config(group):
    kinds = (*SECTIONS, RefineConfig)
    declared = {name: hint for kind in kinds for name, hint in get_type_hints(kind).items()}
    hints = get_type_hints(group)
    names = [f.name for f in fields(group) if f.name in SETTINGS]
    assert names
    for name in names:
        is_tuple = get_origin(declared[name]) is tuple
        plain = list[get_args(declared[name])[0]] if is_tuple else declared[name]
        assert hints[name] == plain | None, name


def test_every_setting_with_a_help_is_offered():
    offered = {f.name for group in GROUPS for f in fields(group)}
    assert {name for name, known in SETTINGS.items() if known.text} <= offered
