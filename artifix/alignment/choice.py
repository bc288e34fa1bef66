"""Which of several references shows the masked part best."""

from collections.abc import Sequence

import numpy as np

from artifix.alignment.stage import Alignment
from artifix.config import AlignmentConfig
from artifix.errors import NoMatchError


def confidence_of(found: Sequence[Alignment]) -> float:
    """That of the weakest mask group, in [0, 1]."""
    return min(alignment.confidence for alignment in found)


def agreement_of(found: Sequence[Alignment]) -> float:
    """Mean agreement of the transforms with the rings, in [-1, 1]; a group without a transform counts 0."""
    return float(np.mean([a.transform.agreement if a.transform else 0.0 for a in found]))


def choose(found: Sequence[Sequence[Alignment]], names: Sequence[str], config: AlignmentConfig) -> int:
    """The most confident one; of equals the one that agrees most with the image.

    Args:
        found: for each reference the alignments of all mask groups, none refused.
        names: of the references, for messages.
        config: says how confident it must be.

    Returns:
        Its index.

    Raises:
        NoMatchError: none is confident enough, and `config.force` is not set.
    """
    best = max(range(len(found)), key=lambda i: (confidence_of(found[i]), agreement_of(found[i])))
    if confidence_of(found[best]) < config.min_confidence and not config.force:
        pairs = zip(names, found, strict=True)
        told = ", ".join(f"{name} {confidence_of(parts):.2f}" for name, parts in pairs)
        raise NoMatchError(
            f"none of {len(found)} references matches the masked part (confidence {told}; "
            f"{config.min_confidence:.2f} is the least)",
            "add a reference that shows this part of the object, or pass --force for the best guess",
        )
    return best
