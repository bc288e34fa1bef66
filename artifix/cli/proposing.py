"""A mask for who drew none: proposed, and on a terminal asked about."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from artifix.errors import UsageError

if TYPE_CHECKING:
    from artifix.inputs.images import Picture
    from artifix.inputs.proposing import Propose, Proposed


def can_ask(is_quiet: bool) -> bool:
    """Whether there is somebody to answer."""
    return not is_quiet and sys.stdin.isatty() and sys.stderr.isatty()


def proposer(asks: bool) -> "Propose":
    """Proposes a mask; with `asks` only one that the user takes."""

    def propose(image: "Picture", references: "Sequence[Picture]") -> "Proposed":
        from artifix.detection.proposing import propose_mask

        found = propose_mask(image, references)
        if asks and not typer.confirm(f"{found.note}. Repaint there?", err=True):
            raise UsageError(
                "the proposed mask was not taken",
                "artifix detect shows it; draw another and pass --mask FILE",
            )
        return found

    return propose
