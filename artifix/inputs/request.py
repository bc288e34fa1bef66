"""What one repair is asked for: files, how to read them, and what the user knows of the match."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from artifix.config import AlignmentConfig
from artifix.errors import UsageError
from artifix.geometry import Box
from artifix.inputs.case import Case, read_case, with_reference
from artifix.inputs.hint import read_hint
from artifix.inputs.images import MaskSource
from artifix.inputs.stored_alignment import StoredAlignment, read_stored_alignment

BY_HAND = ("region", "ref_mask", "points")  # of a request, what says where the masked part lies


@dataclass(frozen=True, slots=True)
class Request:
    """The files of one repair, not yet read."""

    image: Path
    mask: Path
    references: tuple[Path, ...]  # one or more
    region: str | None = None  # x0,y0,x1,y1 of the reference
    ref_mask: Path | None = None
    points: Path | None = None
    alignment: Path | None = None  # an alignment.json that holds instead of what would be found
    mask_from: MaskSource = "auto"
    invert_mask: bool = False
    fit_mask: bool = False
    crops: Mapping[str, Box] = field(default_factory=dict)  # of "image", "mask", "reference": the part meant


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """The files of one repair, read."""

    cases: tuple[Case, ...]  # the same image and mask, one for each reference
    stored: StoredAlignment | None = None

    @property
    def paths(self) -> list[Path]:
        """The files read."""
        given = [path for case in self.cases for path in (*case.paths, *case.hint.paths)]
        return [*dict.fromkeys(given), *([self.stored.path] if self.stored else [])]


def read_inputs(request: Request) -> Inputs:
    """Read and check every file of a request.

    Raises:
        UsageError: what is known of the match contradicts itself.
        InputError: a file cannot be used, or the files do not fit each other.
    """
    first = read_case(
        request.image,
        request.mask,
        request.references[0],
        fit_mask=request.fit_mask,
        invert_mask=request.invert_mask,
        mask_from=request.mask_from,
        crops=request.crops,
    )
    hint = read_hint(request.region, request.ref_mask, request.points, first.image, first.reference)
    crop = request.crops.get("reference")
    others = [with_reference(first, path, crop) for path in request.references[1:]]
    stored = None if request.alignment is None else read_stored_alignment(request.alignment, first)
    return Inputs((replace(first, hint=hint), *others), stored)


def check_request(request: Request, settings: AlignmentConfig, given: set[str]) -> None:
    """What says where the masked part lies leaves nothing to what says how to find it.

    Args:
        request: what was asked for.
        settings: of stage 1.
        given: names of the settings that were given, not left at their default.

    Raises:
        UsageError: two things contradict each other.
    """
    by_hand = [option_of(name) for name in BY_HAND if getattr(request, name) is not None]
    stored = request.alignment is not None
    if len(request.references) > 1 and (by_hand or stored):
        what = by_hand[0] if by_hand else "--alignment"
        count = len(request.references)
        raise UsageError(f"{what} is for one reference, but --ref was given {count} times", "give that one")
    if request.points is not None and not settings.transform:
        raise UsageError("--points gives a transform, which --no-transform forbids", "give one of them")
    if stored:
        named = [option_of(name) for name in AlignmentConfig.__dataclass_fields__ if name in given]
        if clash := [*by_hand, *named]:
            raise UsageError(
                f"{clash[0]} says how to find the match, but --alignment holds one already",
                f"drop {clash[0]}, or give it to artifix locate",
            )


def option_of(name: str) -> str:
    """How the command line spells a field."""
    return f"--{name.replace('_', '-')}"
