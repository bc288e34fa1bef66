"""The command that does what the page did."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from artifix.inputs.request import Request
from artifix.setting_names import Spelling


@dataclass(frozen=True, slots=True)
class Spoken:
    """How the command line spells what the page was started with."""

    spell: Spelling  # of a setting
    words: tuple[str, ...] = ()  # options that hold for every job, as --weights DIR


def command_of(request: Request, settings: dict[str, str], spoken: Spoken, out: str = "result") -> str:
    """`artifix refine` for the shell, to be run in a folder that holds the files of `request`.

    Args:
        request: whose files are named by their last part.
        settings: that the visitor chose, by name; flags have "True" and "False".
        spoken: how settings are spelled.
        out: folder for the results.
    """
    named = [_file(place.name) for place in request.references]
    words = ["artifix", "refine", _file(request.image.name)]
    words += ["--auto-mask"] if request.mask is None else ["--mask", _file(request.mask.name)]
    for name in named:
        words += ["--ref", name]
    if request.region is not None:
        words += ["--region", request.region]
    for name, value in settings.items():
        words += spoken.spell(name, value).split(" ", 1)
    return shlex.join([*words, *spoken.words, "--out", out])


def _file(name: str) -> str:
    """A file in the folder where the command runs; one that begins with a dash is no option."""
    return f"./{name}" if name.startswith("-") else name


def words_of(settings: Sequence[tuple[str, str]], spell: Spelling) -> tuple[str, ...]:
    """Options by name and value, as words of a command."""
    return tuple(word for name, value in settings for word in spell(name, value).split(" ", 1))
