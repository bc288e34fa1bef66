"""What a score is: a column or more of figures, and how they are read."""

from dataclasses import dataclass
from typing import Literal, Protocol

from artifix.evaluation.scores.repaired import Repaired

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of a case.

    Attributes:
        name: of the column in tables and files.
        unit: of its values; "" where they have none.
        better: which values are.
        digits: after the point, in tables.
    """

    name: str
    unit: str
    better: Better
    digits: int


class Scorer(Protocol):
    """One way to say how good a repair is."""

    @property
    def name(self) -> str:
        """The word that asks for it: one of `scorers.NAMES`."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The figures it gives, in their order."""

    def score(self, one: Repaired) -> dict[str, float]:
        """The figures of one case by the names of the columns; nan where it says nothing of this case."""
