"""Options that belong together: one parameter of a command in the code, each on its own in its help."""

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_origin, get_type_hints

import typer

from artifix.config import SETTINGS


def flattened(command: Callable[..., None]) -> Callable[..., None]:
    """The command as typer is to see it.

    Args:
        command: takes parameters by keyword. One that is annotated by a dataclass stands for its fields, in
            their order; one that is not Annotated is the setting of its name.
    """
    declared = signature(command, eval_str=True).parameters
    groups: dict[str, Any] = {
        name: one.annotation for name, one in declared.items() if is_dataclass(one.annotation)
    }
    shown = [part for name, one in declared.items() for part in _parts(one, groups.get(name))]

    @wraps(command)
    def run(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{f.name: given.pop(f.name) for f in fields(group)})
        command(**given)

    run.__signature__ = Signature(shown)  # type: ignore[attr-defined]
    run.__annotations__ = {part.name: part.annotation for part in shown}
    return run


def _parts(declared: Parameter, group: Any) -> list[Parameter]:
    if group is None:
        return [declared.replace(annotation=_annotated(declared.name, declared.annotation))]
    hints = get_type_hints(group, include_extras=True)
    return [
        Parameter(
            f.name,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if f.default is MISSING else f.default,
            annotation=_annotated(f.name, hints[f.name]),
        )
        for f in fields(group)
    ]


def _annotated(name: str, hint: Any) -> Any:
    return hint if get_origin(hint) is Annotated else Annotated[hint, _setting(name)]


def _setting(name: str) -> Any:
    """The option that overrides a setting; None where neither it nor its variable is set."""
    known = SETTINGS[name]
    flag = known.flag or f"--{name.replace('_', '-')}"
    said = known.unset if known.default is None else str(known.default)
    if isinstance(known.default, bool):
        off = f"--no-{flag[2:]}"
        said, flag = flag if known.default else off, f"{flag}/{off}"
    elif isinstance(known.default, tuple):
        said = ", ".join(map(str, known.default))
    limits = "" if known.limits is None else f", {known.limits}"
    return typer.Option(
        flag,
        help=f"{known.text}{limits}. Default: {said}.",
        envvar=f"ARTIFIX_{name.upper()}",
        show_envvar=False,
        show_default=False,
    )
