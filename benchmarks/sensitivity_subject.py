"""A case as it is done with the numbers set by hand as they are, for sensitivity.py to compare with."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from artifix.alignment.choice import refusal_of, refusal_to_repair
from artifix.alignment.locate_result import LocateResult
from artifix.config import AlignmentConfig, RefineConfig, override
from artifix.evaluation import metrics
from artifix.evaluation.cases import KnownCase
from artifix.pipeline import RefineByAlignPipeline
from artifix.refinement.network_refiner import NetworkRefiner
from artifix.refinement.refiner import Canvas
from artifix.tuning import tuned_rooms

FULL = override(RefineConfig(), force=True)
REFINEMENT = "refinement"


class Recording:
    """A room's numbers, which remembers those that were read."""

    def __init__(self, numbers: Any) -> None:
        self._numbers, self.read = numbers, set[str]()

    def __getattr__(self, name: str) -> Any:
        self.read.add(name)
        return getattr(self._numbers, name)


@contextmanager
def numbers_of(room: str, numbers: Any) -> Iterator[None]:
    """Other numbers in a room's place for a while."""
    with patch.object(tuned_rooms()[room], room.upper(), numbers):
        yield


class OnceDrawn:
    """What the network painted for a case as it is, given again wherever its input is the same."""

    def __init__(self) -> None:
        self._asked: tuple[NDArray, ...] | None = None
        self._condition: Any = None
        self._drawn: Any = None

    @contextmanager
    def instead(self) -> Iterator[None]:
        """Ask the network of stage 2 only for what it was not asked before."""
        condition, draw = NetworkRefiner._condition, NetworkRefiner._draw
        with (
            patch.object(NetworkRefiner, "_condition", lambda *asked: self._condition_of(condition, *asked)),
            patch.object(NetworkRefiner, "_draw", lambda *asked: self._drawn_of(draw, *asked)),
        ):
            yield

    def _condition_of(self, make: Callable[..., Any], refiner: NetworkRefiner, canvas: Canvas) -> Any:
        paste = canvas.paste
        pixels = () if paste is None else (paste.pixels, paste.foreground)
        region = canvas.region_picture(refiner.network.reference_size_px)
        inputs = (canvas.crop, canvas.mask, region, *pixels)
        if self._asked is None:
            self._asked, self._condition = inputs, make(refiner, canvas)
        same = len(inputs) == len(self._asked) and all(map(np.array_equal, inputs, self._asked))
        return self._condition if same else make(refiner, canvas)

    def _drawn_of(self, draw: Callable[..., Any], refiner: Any, condition: Any, *asked: Any) -> Any:
        if condition is not self._condition:
            return draw(refiner, condition, *asked)
        if self._drawn is None:
            self._drawn = draw(refiner, condition, *asked)
        return self._drawn


@dataclass(frozen=True, slots=True)
class Placement:
    """What stage 1 says of a case."""

    centre: NDArray[np.float64]  # of the part found, in pixels of the reference
    extent: float  # root of its area
    decision: tuple[str, ...]  # refused or not, and how each group is placed


@dataclass(eq=False)
class Subject:
    """A case as it is done with the numbers as they are."""

    known: KnownCase
    located: LocateResult
    placement: Placement
    refined: NDArray
    psnr: float
    read: dict[str, set[str]]  # by room, the numbers that its stage reads
    once: OnceDrawn = field(default_factory=OnceDrawn)


def placement_of(located: LocateResult) -> Placement:
    """Where a search puts the masked part, and what would be decided about it."""
    found, shipped = located.alignments, AlignmentConfig()
    region = np.logical_or.reduce([alignment.region for alignment in found])
    refused = (refusal_of(found, shipped) or refusal_to_repair(found, shipped)) is not None
    centre = np.argwhere(region).mean(0)[::-1]
    placed = (alignment.placed for alignment in found)
    return Placement(centre, float(np.sqrt(region.sum())), ("refused" if refused else "taken", *placed))


def repaired(pipeline: RefineByAlignPipeline, subject: Subject) -> NDArray:
    """The image repaired from the stored search."""
    with subject.once.instead():
        return pipeline.refine(subject.known.case, FULL, located=subject.located).refined


def subject_of(pipeline: RefineByAlignPipeline, known: KnownCase) -> Subject:
    """Do a case with the numbers as they are, and note which of them it reads."""
    rooms = tuned_rooms()
    recorders = {room: Recording(getattr(module, room.upper())) for room, module in rooms.items()}
    with ExitStack() as stack:
        for room in rooms.keys() - {REFINEMENT}:
            stack.enter_context(numbers_of(room, recorders[room]))
        located = pipeline.search(known.case, FULL)
    empty = np.zeros(0)
    subject = Subject(known, located, placement_of(located), empty, float("nan"), {})
    with numbers_of(REFINEMENT, recorders[REFINEMENT]):
        subject.refined = repaired(pipeline, subject)
    subject.psnr = _psnr(known, subject.refined)
    subject.read = {room: recorder.read for room, recorder in recorders.items()}
    return subject


def _psnr(known: KnownCase, refined: NDArray) -> float:
    return float("nan") if known.truth is None else metrics.psnr_db(refined, known.truth, known.case.mask)


def moved_by(pipeline: RefineByAlignPipeline, subject: Subject, room: str) -> tuple[float, bool]:
    """How far a case moves with the numbers that hold now, and whether it is decided otherwise."""
    if room == REFINEMENT:
        refined = repaired(pipeline, subject)
        if np.array_equal(refined, subject.refined):
            return 0.0, False
        return _psnr(subject.known, refined) - subject.psnr, False
    now, before = placement_of(pipeline.search(subject.known.case, FULL)), subject.placement
    shift = float(np.hypot(*(now.centre - before.centre))) / before.extent
    return shift, now.decision != before.decision
