"""Numbers set by hand: each says its unit and where it comes from.

A room keeps its numbers in its `tuning.py`: one frozen dataclass whose fields are each a `constant`, and one
instance of it that bears the room's name in capitals. Modules read it when they are called, as
`tuning.REFINEMENT.bleed_px`, and never as a default argument: so another instance can take its place
(`dataclasses.replace`), as benchmarks/sensitivity.py does to tell what a number is worth.
"""

from dataclasses import dataclass, field, fields
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

HAND = "chosen by hand, not measured"  # the source of a number that has no other

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a number besides its value."""

    unit: str
    source: str  # a paper, mathematics, what it was fitted to, the command that measured it, or `HAND`


def constant(value: Value, unit: str, source: str) -> Value:
    """A field of a room's dataclass of numbers.

    Args:
        value: a number, or a tuple of numbers.
        unit: "px of the image", "grey levels of 8 bits", "share of the ring", ...
        source: as in `Known`.
    """
    return field(default=value, metadata={"known": Known(unit, source)})


def known_of(tuning: Any) -> dict[str, Known]:
    """What is known of each number of a room's dataclass; KeyError where a field is no `constant`."""
    return {each.name: each.metadata["known"] for each in fields(tuning)}


def tuned_rooms() -> dict[str, ModuleType]:
    """The `tuning` modules of all rooms that have one, by the name of the room."""
    rooms = sorted(path.parent.name for path in Path(__file__).parent.glob("*/tuning.py"))
    return {room: import_module(f"artifix.{room}.tuning") for room in rooms}
