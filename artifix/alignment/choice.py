"""Which of several references shows the masked part best, and whether a match is to be refused."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from artifix.alignment import tuning
from artifix.alignment.alignment import Alignment
from artifix.alignment.repair_confidence import PLACED, SAID
from artifix.alignment.small_parts import located
from artifix.config import AlignmentConfig
from artifix.setting_names import in_python, setting

_OTHERWISE = (
    f"give matches by hand ({setting('points')}) or the part that shows it ({setting('region')}), "
    "use another reference"
)
_FORCE = f"or pass {setting('force', True)} for the best guess"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a match is not used; settings in its texts are not yet spelled."""

    marked_problem: str  # with its numbers; settings are named by `setting_names.setting`
    marked_hint: str  # what to do about it

    @property
    def problem(self) -> str:
        """The problem, for who calls artifix from Python."""
        return in_python(self.marked_problem)

    @property
    def hint(self) -> str:
        """What to do about it, for who calls artifix from Python."""
        return in_python(self.marked_hint)


def confidence_of(found: Sequence[Alignment]) -> float:
    """That of the weakest mask group, in [0, 1]."""
    return min(alignment.confidence for alignment in located(found))


def repair_confidence_of(found: Sequence[Alignment]) -> float:
    """That of the mask group whose repair is least sure to be good, in [0, 1]."""
    return min(alignment.repair_confidence for alignment in located(found))


def agreement_of(found: Sequence[Alignment]) -> float:
    """Mean agreement with the context bands, in [-1, 1]; a group without a transform counts 0."""
    return float(np.mean([a.agreement or 0.0 for a in located(found)]))


def choose(found: Sequence[Sequence[Alignment]]) -> int:
    """Index of the most confident reference; of equals the one that agrees most with the image.

    Args:
        found: for each reference the alignments of all mask groups.
    """
    return max(range(len(found)), key=lambda i: (confidence_of(found[i]), agreement_of(found[i])))


def refusal_of(found: Sequence[Alignment], config: AlignmentConfig) -> Refusal | None:
    """Why one reference shows no match; None where it is sure enough, or `config.force` is set.

    Args:
        found: its alignments, of all mask groups.
        config: says how confident it must be.
    """
    weakest = min(located(found), key=lambda alignment: alignment.confidence)
    if config.force or weakest.placed == "filled" or weakest.confidence >= config.min_confidence:
        return None
    numbers = f"confidence {weakest.confidence:.2f}, {config.min_confidence:.2f} is the least"
    if not weakest.tried:  # it was taken from a file, which a person may have corrected
        return Refusal(
            f"the match that was given is not sure enough ({numbers})",
            f"if you have checked or corrected it, pass {setting('force', True)}; or use another reference",
        )
    return Refusal(
        f"nothing in the reference matches the masked part ({numbers}; {weakest.tried})",
        f"use a reference that shows this part of the object, {_other_side(found)}{_FORCE}",
    )


def _other_side(found: Sequence[Alignment]) -> str:
    """The remedy for a mask that may be inverted; empty where it covers little."""
    covered = np.logical_or.reduce([alignment.mask for alignment in found]).mean()
    is_most = covered > tuning.ALIGNMENT.most_covered
    return f"pass {setting('invert_mask', True)} if black marks the artifact, " if is_most else ""


def refusal_of_all(
    found: Sequence[Sequence[Alignment]], names: Sequence[str], config: AlignmentConfig
) -> Refusal | None:
    """Why none of several references shows a match; None where the best is sure enough, or forced.

    Args:
        found: for each reference the alignments of all mask groups.
        names: of the references.
        config: says how confident the best must be.
    """
    if config.force or max(map(confidence_of, found)) >= config.min_confidence:
        return None
    told = ", ".join(f"{name} {confidence_of(parts):.2f}" for name, parts in zip(names, found, strict=True))
    return Refusal(
        f"none of {len(found)} references matches the masked part (confidence {told}; "
        f"{config.min_confidence:.2f} is the least)",
        f"add a reference that shows this part of the object, {_other_side(found[0])}{_FORCE}",
    )


def refusal_to_repair(found: Sequence[Alignment], config: AlignmentConfig) -> Refusal | None:
    """Why a match, however sure its place is, is not good enough to repaint after; None where it is.

    Args:
        found: the alignments of all mask groups.
        config: says what is good enough.
    """
    found = located(found)
    turned = any(a.mirrored and not a.symmetric and a.placed != "filled" for a in found)
    if turned and not (config.allow_mirror or config.force):
        return Refusal(
            "the reference shows the masked part mirrored",
            f"pass {setting('allow_mirror', True)} to use it as a mirror shows it, or use another reference",
        )
    weakest = max(found, key=lambda alignment: PLACED.index(alignment.placed))
    if config.strict and weakest.placed != "exact":
        known = weakest.hypothesis
        how = "" if known is None else f" ({known.support.source}, agreement {known.band.agreement:.2f})"
        return Refusal(
            f"the reference is placed {SAID[weakest.placed]}{how}, and {setting('strict')} wants it exactly",
            f"{_OTHERWISE}, or leave out {setting('strict')}",
        )
    least = repair_confidence_of(found)
    is_filled = weakest.placed == "filled"  # which no reference makes better or worse
    if least < config.min_repair_confidence and not (config.force or is_filled):
        numbers = f"repair confidence {least:.2f}, {config.min_repair_confidence:.2f} is the least"
        return Refusal(
            f"the repair is likely worse than the artifact left alone ({numbers}; "
            f"the reference is placed {SAID[weakest.placed]})",
            f"{_OTHERWISE}, {_FORCE}",
        )
    return None
