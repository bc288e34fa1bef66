"""Names of settings in what a user reads, spelled as that user gives them.

Nobody below the doors knows whether a user wrote `--mask-threshold 0.4`, `mask_threshold=0.4`, or a column of
a manifest. Texts therefore mark the names of settings, and the door that shows a text spells the marks.
"""

import re
from collections.abc import Callable

Spelling = Callable[[str, str | None], str]  # of a setting's name and value, which may be left out

_MARK = "\u2063"  # invisible, so that a text that is shown with its marks reads as Python
_MARKED = re.compile(f"{_MARK}([a-z_]+)(?:=([^{_MARK}]*))?{_MARK}")


def setting(name: str, value: object = None) -> str:
    """A setting in a text for a user.

    Args:
        name: of the field.
        value: that it has or should have, True and False for flags; None names the setting alone.
    """
    return f"{_MARK}{name}{_MARK}" if value is None else f"{_MARK}{name}={value}{_MARK}"


def spelled(text: str, spell: Spelling) -> str:
    """The text with its settings as `spell` writes them."""
    return _MARKED.sub(lambda found: spell(found[1], found[2]), text)


def as_keyword(name: str, value: str | None) -> str:
    """How Python spells a setting."""
    return name if value is None else f"{name}={value}"


def in_python(text: str) -> str:
    """The text for who calls artifix from Python."""
    return spelled(text, as_keyword)
