"""How a mask group was repainted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several drawings of a mask group."""

    seed: int
    agreement: float  # with the reference, in [0, 1]


@dataclass(frozen=True, slots=True)
class Repainted:
    """What was drawn for a mask group."""

    seed: int  # of the drawing that is kept
    grain: float  # deviation of the noise that was added, in levels of 255
    candidates: tuple[Candidate, ...] = ()  # that it was chosen from; none where only one was drawn
