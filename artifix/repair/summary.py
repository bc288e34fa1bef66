"""What is known of a match, all mask groups together: as weak as the weakest of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from artifix.alignment.alignment import Alignment
    from artifix.alignment.repair_confidence import Placed

COARSE = 1.5  # pixels of the image per pixel of the reference; more shows in the repair


def coarse_note(coarseness: float | None) -> str:
    """What to say where the reference is clearly coarser than the image; empty where it is not."""
    if coarseness is None or coarseness <= COARSE:
        return ""
    return f"the reference is {coarseness:.1f} times coarser than the image there: the repair will be soft"


@dataclass(frozen=True, slots=True)
class Overall:
    """The least that holds for every mask group."""

    parts: int  # mask groups that are repaired after the reference
    confidence: float  # that the place is right, in [0, 1]
    repair_confidence: float  # that the repair is good, in [0, 1]
    placed: "Placed"
    coarseness: float | None  # pixels of the image per pixel of the reference; None without a transform
    mirrored: bool  # a part is

    def sentence(self) -> str:
        """For a person, as a part of a sentence."""
        from artifix.alignment.repair_confidence import SAID

        lowest = "" if self.parts == 1 else "lowest "
        place, repair = f"{self.confidence:.2f}", f"{self.repair_confidence:.2f}"
        return (
            f"{lowest}confidence {place} that the place is right, {repair} that the repair is good, "
            f"placed {SAID[self.placed]}{', mirrored reference' if self.mirrored else ''}"
        )

    @property
    def note(self) -> str:
        """What else a person should know; empty if nothing."""
        return coarse_note(self.coarseness)

    def told(self) -> dict[str, Any]:
        """For the journal of a batch, JSON-ready."""
        return {
            "confidence": round(self.confidence, 4),
            "repair_confidence": round(self.repair_confidence, 4),
            "placed": self.placed,
            "mirrored": self.mirrored,
            "coarseness": None if self.coarseness is None else round(self.coarseness, 3),
            "parts": self.parts,
        }


def overall_of(alignments: "Sequence[Alignment]") -> Overall:
    """What holds for all mask groups of a match."""
    from artifix.alignment.choice import confidence_of, repair_confidence_of
    from artifix.alignment.repair_confidence import weakest
    from artifix.alignment.small_parts import located

    alignments = located(alignments)

    return Overall(
        parts=len(alignments),
        confidence=confidence_of(alignments),
        repair_confidence=repair_confidence_of(alignments),
        placed=weakest(alignment.placed for alignment in alignments),
        coarseness=max((a.coarseness for a in alignments if a.coarseness is not None), default=None),
        mirrored=any(alignment.mirrored for alignment in alignments),
    )
