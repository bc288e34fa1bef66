"""Parts of a mask that hold too little to be found: what is not sure of them is filled from around instead.

A scratch of two pixels or a forgotten dot says nothing that a reference could show, and inpainting mends it
as well. It must not refuse the parts that are sure.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from artifix.alignment import tuning
from artifix.alignment.alignment import Alignment
from artifix.config import AlignmentConfig
from artifix.geometry import box_of
from artifix.inputs.parts import is_thin


def settled(found: Sequence[Alignment], config: AlignmentConfig) -> list[Alignment]:
    """The alignments of all mask groups, those that are to be filled from around marked so.

    Args:
        found: as they were searched.
        config: says how confident a match must be; where any will do (`force`) none is filled.
    """
    if config.force:
        return list(found)
    is_any_sure = any(_is_usable(alignment, config) for alignment in found)
    return [replace(a, filled=_is_scrap(a.mask, is_any_sure) and not _is_usable(a, config)) for a in found]


def located(found: Sequence[Alignment]) -> list[Alignment]:
    """Those that are repaired after the reference; all where none is, so that the best guess is told."""
    return [alignment for alignment in found if alignment.placed != "filled"] or list(found)


def _is_usable(alignment: Alignment, config: AlignmentConfig) -> bool:
    is_refused = alignment.mirrored and not (alignment.symmetric or config.allow_mirror)
    is_good = alignment.repair_confidence >= config.min_repair_confidence
    return alignment.confidence >= config.min_confidence and is_good and not is_refused


def _is_scrap(mask: NDArray[np.bool_], is_any_sure: bool) -> bool:
    """Whether (H, W) `mask` is a thin part, or beside a part that is sure a small one."""
    box = box_of(mask)
    is_small = max(box.width, box.height) <= tuning.ALIGNMENT.small_share * max(mask.shape)
    return (is_any_sure and is_small) or is_thin(mask[box.slices()], mask.shape)
