"""Cases from whatever Python holds: paths, arrays or PIL images."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from os import PathLike
from pathlib import Path
from typing import Any, cast

from numpy.typing import NDArray
from PIL import Image

from artifix.errors import InputError, UsageError
from artifix.inputs.arrays import case_from_arrays
from artifix.inputs.case import Case, read_case
from artifix.inputs.hint import PointsLike, RegionLike, hint_of_arrays
from artifix.inputs.request import AS_IT_IS, IMAGE_ALPHA, MaskReading
from artifix.setting_names import setting

PictureLike = str | PathLike[str] | NDArray[Any] | Image.Image


def cases_of(
    image: PictureLike,
    mask: PictureLike | None,
    reference: PictureLike | Sequence[PictureLike],
    region: RegionLike | None = None,
    points: PointsLike | None = None,
    reading: MaskReading = AS_IT_IS,
) -> list[Case]:
    """A case for each reference.

    Args:
        image: a path, an array (H, W, 3) or (H, W, 4) of uint8 or uint16, or a PIL image.
        mask: a path, an array (H, W) of bool, uint8 or float in [0, 1], or a PIL image; white is repainted.
            None repaints where the image itself is transparent.
        reference: as `image`, of any size, or a list or tuple of them.
        region: where the only reference shows the part, if that is known; see `hint_of_arrays`.
        points: matches, if they are known.
        reading: of the mask.

    Raises:
        InputError: a picture cannot be used, or they do not fit each other.
        UsageError: something is known of the match, but not of which reference.
    """
    references: Sequence[PictureLike] = [cast(PictureLike, reference)]
    if isinstance(reference, list | tuple):
        references = reference
    if not references:
        raise InputError("reference: is an empty list", "give at least one reference")
    if len(references) > 1 and not (region is None and points is None):
        problem = f"{setting('region')} and {setting('points')} are for one reference"
        raise UsageError(problem, "give the one they belong to")
    cases = [_case(image, mask, single, reading) for single in references]
    hint = hint_of_arrays(region, points, cases[0].image, cases[0].reference)
    return [replace(cases[0], hint=hint), *cases[1:]]


def _case(image: PictureLike, mask: PictureLike | None, reference: PictureLike, reading: MaskReading) -> Case:
    if mask is None:
        reading = replace(reading, mask_from=IMAGE_ALPHA)
    elif reading.mask_from == IMAGE_ALPHA:
        taken = f"{setting('mask_from', IMAGE_ALPHA)} takes the mask from the image"
        raise UsageError(f"{taken}, and mask is another", "leave one of them out: mask=None")
    sources = [image, *([] if mask is None else [mask]), reference]
    places = [Path(source) for source in sources if isinstance(source, str | PathLike)]
    if len(places) == len(sources):
        return read_case(places[0], places[-2], places[-1], **asdict(reading))
    if places:
        raise InputError("image, mask and reference mix paths and arrays", "give three paths or three arrays")
    assert not isinstance(image, str | PathLike)  # none is: mypy does not see it
    assert not isinstance(mask, str | PathLike)
    assert not isinstance(reference, str | PathLike)
    return case_from_arrays(image, mask, reference, reading)
