"""What raters read: texts that come with artifix, of which a user may replace any."""

import tomllib
from pathlib import Path
from string import Formatter

from artifix.config_sections import read_toml
from artifix.errors import UsageError
from artifix.evaluation.study.methods import shortened

_FORM = 'write lines of NAME = "text"; docs/evaluation-study.md has the names'


def texts_of(path: Path | None) -> dict[str, str]:
    """All texts by name, some replaced by those of a TOML file.

    Raises:
        InputError: the file cannot be read.
        UsageError: it names a text that there is none of, or has one that is no text, is empty, or has other
            {braces} than the page fills in.
    """
    known = tomllib.loads(Path(__file__).with_name("texts.toml").read_text(encoding="utf-8"))
    given = {} if path is None else read_toml(path)
    if unknown := sorted(set(given) - set(known)):
        raise UsageError(f"{path}: unknown text {shortened(unknown)}", f"known are: {', '.join(known)}")
    for name, text in given.items():
        if not isinstance(text, str) or not text.strip():
            raise UsageError(f"{path}: {name} is {text!r}, not a text", _FORM)
        if strange := _filled(text, f"{path}: {name}") - _filled(known[name], name):
            raise UsageError(
                f"{path}: {name}: nothing fills in {{{sorted(strange)[0]}}}",
                f"the text that comes with artifix is: {known[name].strip()}",
            )
    return {name: text.strip() for name, text in {**known, **given}.items()}


def _filled(text: str, where: str) -> set[str]:
    """What stands in braces."""
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise UsageError(
            f"{where}: {error}", "write braces only where the page fills something in"
        ) from error
