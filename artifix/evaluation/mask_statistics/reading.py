"""One mask file, read as repairs read it; plain black and white ones by a shorter way to the same answer."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from artifix.config import AlignmentConfig
from artifix.evaluation.mask_statistics.plain_png import plain_white
from artifix.geometry import Box
from artifix.inputs.file_bytes import read_bytes
from artifix.inputs.images import Picture, read_picture
from artifix.inputs.marking import check_blend, check_brightness, marked_by, without_noise
from artifix.inputs.paint import level_of
from artifix.inputs.request import MaskSource
from artifix.inputs.softness import levels_of


@dataclass(frozen=True, slots=True)
class MaskFile:
    """A mask that is to be read, and how."""

    name: str  # that it is told by
    path: Path
    source: MaskSource = "auto"  # what of the file is the mask; see `inputs.marking.marked_by`
    invert: bool = False
    crop: Box | None = None  # the part that is meant, in pixels of the file; None is all of it
    threshold: float = AlignmentConfig().mask_threshold  # of grey; see `inputs.softness.levels_of`


@dataclass(frozen=True, slots=True, eq=False)
class ReadMask:
    """What a mask file marks."""

    mask: NDArray[np.bool_]  # (H, W)
    soft_share: float  # of the pixels that are not black, how many are grey, in [0, 1]


def read_mask(file: MaskFile) -> ReadMask:
    """Read a mask. One that marks nothing is an answer here, and no error.

    Raises:
        InputError: the file cannot be used, or shows something else than a mask.
    """
    plain = _plain(file)
    if plain is not None:
        if 2 * np.count_nonzero(plain) > plain.size:  # less is never the wrong side
            check_blend(plain.astype(np.float32), file.path, file.invert)
        return ReadMask(plain, 0.0)
    picture = read_picture(file.path, least_side_px=1, crop=file.crop)
    if _marks_nothing(picture, file):
        return ReadMask(np.zeros(picture.size, bool), 0.0)
    blend = marked_by(picture, picture.size, source=file.source, invert=file.invert).blend
    marked = blend > 0
    soft_share = float((blend[marked] < 1).mean()) if marked.any() else 0.0
    return ReadMask(blend >= levels_of(blend, file.threshold), soft_share)


def _plain(file: MaskFile) -> NDArray[np.bool_] | None:
    """(H, W) of a picture of nothing but black and white; None where the longer way is to be gone."""
    if file.source not in ("auto", "luminance") or file.crop is not None:
        return None
    white = plain_white(read_bytes(file.path))
    return white if white is None or not file.invert else ~white


def _marks_nothing(picture: Picture, file: MaskFile) -> bool:
    level, _ = level_of(picture, file.source, file.invert)
    check_brightness(level, file.path, np.iinfo(picture.pixels.dtype).max)
    return not without_noise(level, file.path)[0].any()
