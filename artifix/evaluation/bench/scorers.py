"""By what predictions are scored: always by the truth where it is known, and by what else was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from artifix.evaluation.bench.truth_scores import truth_scorers
from artifix.evaluation.scores.scorer import Column, Scorer

REFUSED = Column("refused", "", "lower", 2)  # share of the cases that the method leaves as they are
SECONDS = Column("seconds", "s", "lower", 2)  # a case, on one core


@dataclass(frozen=True)
class ScorerChoice:
    """Which scorers; a copy by `dataclasses.replace` holds none yet, and goes to another process."""

    names: tuple[str, ...] = ()  # of those that need no truth
    where: Mapping[str, Any] = field(default_factory=dict)  # what they are told, such as folders of encoders

    @cached_property
    def named(self) -> list[Scorer]:
        """All of them, those of the truth first.

        Raises:
            UsageError: there is no such scorer.
            InputError: one needs something that is not installed.
        """
        return self.scorers()

    def scorers(self) -> list[Scorer]:
        """The same, made anew; raises as `named`."""
        if not self.names:
            return truth_scorers()
        from artifix.evaluation.scores.scorers import scorers

        return [*truth_scorers(), *scorers(self.names, **self.where)]

    def columns(self) -> list[Column]:
        """Of the tables, with those that come with the predictions."""
        return [*(column for scorer in self.named for column in scorer.columns), REFUSED, SECONDS]

    def key(self, name: str) -> str:
        """What the figures of a scorer are kept under: its name, and the folder of weights that it has."""
        return f"{name}={self.where[name]}" if name in self.where else name
