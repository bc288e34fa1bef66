"""What came of a repair, in a sentence for a person."""

from artifix.geometry import box_of
from artifix.repair.locating import Located
from artifix.repair.summary import Overall


def sentence_of_repair(shown: str, located: Located, overall: Overall) -> str:
    """How a repair ended; `shown` says where it is."""
    reference = located.case.reference.path.name
    if overall.placed == "filled":
        return f"{shown}: nothing was found in {reference}"
    parts = "1 part" if overall.parts == 1 else f"{overall.parts} parts"
    return f"{shown}: {parts} repainted after {reference}, {overall.sentence()}"


def sentence_of_match(located: Located, overall: Overall) -> str:
    """What was found, and where in the reference."""
    boxes = [box_of(alignment.region) for alignment in located.result.alignments]
    places = "; ".join(f"x {b.left}-{b.right - 1}, y {b.top}-{b.bottom - 1}" for b in boxes)
    said = "found" if located.result.refusal is None else "best guess"
    return f"{said} in {located.case.reference.path.name} at {places} ({overall.sentence()})"
