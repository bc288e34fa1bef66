"""Whether the repaired part says what the reference says."""

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from artifix.evaluation.scores.reading import Line, read_lines, require_reader
from artifix.evaluation.scores.repaired import Repaired
from artifix.evaluation.scores.scorer import Column
from artifix.geometry import Box, box_of
from artifix.matching.pictures import Pictures

CONTEXT = 0.5  # longer sides of the box that are read beside it: a word is read whole or wrongly
SURE = 0.7  # confidence of a line of the reference, for it to count
TOUCH = 0.15  # longer sides of the box of the mask; a line so near to the mask may be the part's
MOST_REMEMBERED = 64  # references, which all methods are compared with


class OcrScorer:
    """Character error rate of the repaired part, against what is read in the matched region.

    Both are read with their surroundings. Letters of the reference whose centre lies in the region are the
    targets. Each line of the reference that holds any is aligned (Levenshtein) with the text read at the
    mask, whose ends may be left over, and those edits count that fall on targets or between two of them:

        cer = edits on targets / targets

    No unit, 0 is best, 1 where nothing is read in the repair; more than 1 where letters were added. Letters
    and digits count, without case and accents. Lines of the reference that the reader is not sure of are left
    out. nan where the reference bears no text there. Where no region is known, the letters read under the
    mask are the targets, and all text of the reference is what they are aligned with; nan then where either
    is none, as nobody knows whether the part should bear text.

    Raises:
        InputError: RapidOCR is not installed.
    """

    name = "ocr"
    columns = (Column("cer", "", "lower", 3),)

    def __init__(self) -> None:
        require_reader()

    def score(self, one: Repaired) -> dict[str, float]:
        """The column of one case."""
        place = one.place
        known = _read_reference(Pictures(one.reference, *([] if place is None else [place])))
        if place is None:
            mine = [(line, line.within(one.mask)) for line in _read_around(one.refined, one.mask)]
            everything = "".join(line.letters for line in known)
            return {"cer": error_rate(mine, everything) if everything else float("nan")}
        targets = [(line, line.within(place)) for line in known]
        if not any(inside.any() for _, inside in targets):
            return {"cer": float("nan")}
        near = _box_beside(one.mask, TOUCH).filled(*one.mask.shape)
        read = [line.letters for line in _read_around(one.refined, one.mask) if line.within(near).any()]
        return {"cer": error_rate(targets, "".join(read))}


def error_rate(targets: Sequence[tuple[Line, NDArray[np.bool_]]], text: str) -> float:
    """Edits on target letters by their number; nan where there are none.

    Args:
        targets: lines, and (N,) which letters of each are targets.
        text: that they are looked for in.
    """
    wanted = [(line.letters, inside) for line, inside in targets if inside.any()]
    count = sum(int(inside.sum()) for _, inside in wanted)
    return (
        sum(edits_on(letters, inside, text) for letters, inside in wanted) / count if count else float("nan")
    )


def edits_on(letters: str, targets: NDArray[np.bool_], text: str) -> int:
    """Edits that fall on targets, where `letters` are aligned with the most alike stretch of `text`.

    Args:
        letters: all of which are aligned.
        targets: (N,) which of them count.
        text: what comes before and after the stretch costs nothing.

    Returns:
        Substituted and missing targets, and letters of `text` that stand between two neighbouring targets.
    """
    costs = np.zeros((len(letters) + 1, len(text) + 1), np.int64)
    costs[:, 0] = np.arange(len(letters) + 1)
    for i, letter in enumerate(letters, 1):
        for j, other in enumerate(text, 1):
            costs[i, j] = min(
                costs[i - 1, j - 1] + (letter != other), costs[i - 1, j] + 1, costs[i, j - 1] + 1
            )
    i, j, edits = len(letters), int(costs[-1].argmin()), 0
    while i > 0:
        differs = j == 0 or letters[i - 1] != text[j - 1]
        if j > 0 and costs[i, j] == costs[i - 1, j - 1] + differs:
            edits += int(differs and targets[i - 1])
            i, j = i - 1, j - 1
        elif costs[i, j] == costs[i - 1, j] + 1:
            edits += int(targets[i - 1])
            i -= 1
        else:
            edits += int(i < len(letters) and targets[i - 1] and targets[i])
            j -= 1
    return edits


def _read_around(picture: NDArray[np.uint8], mask: NDArray[np.bool_]) -> list[Line]:
    """What is read in and beside (H, W) `mask`, places in pixels of the picture."""
    part = _box_beside(mask, CONTEXT)
    corner = np.array([part.left, part.top])
    found = read_lines(picture[part.slices()])
    return [Line(line.letters, line.places + corner, line.confidence, line.height) for line in found]


@functools.lru_cache(MOST_REMEMBERED)
def _read_reference(pictures: Pictures) -> list[Line]:
    """The sure lines in and beside a region of a reference, or in all of it."""
    reference, *places = pictures.parts
    pictures.parts = ()  # of what is remembered, only the lines take memory
    lines = _read_around(reference, places[0]) if places else read_lines(reference)
    return [line for line in lines if line.confidence >= SURE]


def _box_beside(mask: NDArray[np.bool_], share: float) -> Box:
    """The box around True pixels of (H, W) `mask`, wider on each side by so many of its longer sides."""
    box = box_of(mask)
    margin = round(share * max(box.width, box.height))
    wider = Box(box.left - margin, box.top - margin, box.right + margin, box.bottom + margin)
    return wider.clip(*mask.shape)
