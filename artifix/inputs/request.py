"""What one repair is asked for: files, how to read them, and what the user knows of the match.

Nothing heavy is imported, so that requests are made and checked at once; `inputs.reading` opens the files.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from artifix.box import Box
from artifix.config import DECIDING, AlignmentConfig
from artifix.errors import UsageError
from artifix.inputs.places import Place, Url
from artifix.setting_names import setting

MaskSource = Literal["auto", "alpha", "luminance", "image-alpha"]
IMAGE_ALPHA: Literal["image-alpha"] = "image-alpha"  # the image's own transparency is the mask
BY_HAND = ("region", "ref_mask", "points")  # of a request, what says where the masked part lies


@dataclass(frozen=True, slots=True)
class MaskReading:
    """How a mask is read; see `inputs.marking.marked_by`."""

    mask_from: MaskSource = "auto"
    invert_mask: bool = False  # black is repainted instead of white
    fit_mask: bool = False  # a mask of another size than the image is resized


AS_IT_IS = MaskReading()


@dataclass(frozen=True, slots=True)
class Request:
    """The files of one repair, not yet read."""

    image: Place
    mask: Place | None  # None where it is to be proposed
    references: tuple[Place, ...]  # one or more
    region: str | None = None  # x0,y0,x1,y1 of the reference
    ref_mask: Place | None = None
    points: Place | None = None
    alignment: Place | None = None  # an alignment.json that holds instead of what would be found
    mask_from: MaskSource = "auto"
    invert_mask: bool = False
    fit_mask: bool = False
    crops: Mapping[str, Box] = field(default_factory=dict)  # of "image", "mask", "reference": the part meant

    @property
    def places(self) -> tuple[Place, ...]:
        """Every file named."""
        maybe = (self.mask, *self.references, self.ref_mask, self.points, self.alignment)
        return (self.image, *(place for place in maybe if place is not None))


def localised(request: Request, fetch: Callable[[str], Path]) -> Request:
    """The same request with every URL replaced by the file that `fetch` makes of it; paths stay."""

    def local(place: Place) -> Path:
        return fetch(place) if isinstance(place, Url) else place

    def local_or_none(place: Place | None) -> Path | None:
        return None if place is None else local(place)

    return replace(
        request,
        image=local(request.image),
        mask=local_or_none(request.mask),
        references=tuple(map(local, request.references)),
        ref_mask=local_or_none(request.ref_mask),
        points=local_or_none(request.points),
        alignment=local_or_none(request.alignment),
    )


def check_settings(settings: AlignmentConfig, has_points: bool) -> None:
    """Settings contradict neither each other nor matches that are given by hand.

    Args:
        settings: of stage 1.
        has_points: such matches are given.

    Raises:
        UsageError: they do.
    """
    clash, points = "", setting("points")
    if settings.force and settings.strict:
        clash = f"{setting('force')} takes any match, and {setting('strict')} only those placed exactly"
    elif has_points and not settings.transform:
        clash = f"{points} gives a transform, which {setting('transform', False)} forbids"
    elif has_points and settings.allow_mirror:
        clash = f"{points} says how the part is seen, which {setting('allow_mirror')} leaves open"
    if clash:
        raise UsageError(clash, "give one of them")


def check_request(request: Request, settings: AlignmentConfig, given: Container[str]) -> None:
    """What says where the masked part lies leaves nothing to what says how to find it.

    Args:
        request: what was asked for.
        settings: of stage 1.
        given: names of the settings that were given, not left at their default.

    Raises:
        UsageError: two things contradict each other.
    """
    by_hand = [setting(name) for name in BY_HAND if getattr(request, name) is not None]
    if len(by_hand) > 1:
        raise UsageError(f"{' and '.join(by_hand)} both say where the part lies", "give one of them")
    stored = request.alignment is not None
    if len(request.references) > 1 and (by_hand or stored):
        what = by_hand[0] if by_hand else setting("alignment")
        count = f"{setting('ref')} was given {len(request.references)} times"
        raise UsageError(f"{what} is for one reference, but {count}", "give that one")
    check_settings(settings, request.points is not None)
    if request.mask is None and (by_hand or stored):
        what = by_hand[0] if by_hand else setting("alignment")
        raise UsageError(f"{what} is of a mask, and none is given", f"give {setting('mask')}, or drop {what}")
    if stored:
        finding = [name for name in AlignmentConfig.__dataclass_fields__ if name not in DECIDING]
        named = [setting(name) for name in finding if name in given]
        if both := [*by_hand, *named]:
            raise UsageError(
                f"{both[0]} says how to find the match, but {setting('alignment')} holds one already",
                f"drop {both[0]}, or give it to artifix locate",
            )
