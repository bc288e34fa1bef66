"""The files of a result, encoded."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from artifix.geometry import box_of
from artifix.inputs.case import Case
from artifix.inputs.images import Picture, eight_bit
from artifix.outputs.encode import encode_json, encode_npy, encode_png
from artifix.outputs.overlay import OverviewRow, heat_map, overview
from artifix.outputs.save import ALIGNMENT, CORRESPONDENCE, PROPOSED_MASK, RECORD
from artifix.outputs.srgb import in_srgb
from artifix.repair.picture_coding import Coded
from artifix.repair.record import alignment_of

if TYPE_CHECKING:
    from artifix.alignment.alignment import Alignment
    from artifix.alignment.locate_result import LocateResult
    from artifix.result import RefineResult


def result_files(
    case: Case,
    result: "LocateResult | RefineResult",
    record: Mapping[str, Any],
    picture: Coded | None = None,
) -> dict[str, bytes]:
    """The files of one result by name.

    Args:
        case: what was worked on.
        result: what was found, and repaired if it was; maps of several groups become one by their maximum.
        record: written as record.json; alignment.json takes from it.
        picture: the file of the repair; None where nothing was repaired.
    """
    from artifix.alignment.small_parts import located

    correspondence, region = joined(result.alignments)
    # Every row shows the map of all groups, which is the one that is kept.
    rows = [OverviewRow(box_of(a.mask), correspondence, a.region) for a in located(result.alignments)]
    repaired = _repaired(result)
    refined = None if repaired is None else previewed(case.image, eight_bit(repaired.refined))
    reference = previewed(case.reference)
    sheet = overview(previewed(case.image), marked(result.alignments), reference, rows, refined)
    files = {
        "correspondence.png": encode_png(heat_map(correspondence, reference, region)),
        CORRESPONDENCE: encode_npy(correspondence),
        "region.png": encode_png(region),
        "overview.png": encode_png(sheet),
        ALIGNMENT: encode_json(alignment_of(record, result)),
        RECORD: encode_json(record),
    }
    if case.proposed is not None:
        files[PROPOSED_MASK] = encode_png(case.mask)
    if picture is not None:
        files[picture.name] = picture.data
    return files


def previewed(picture: Picture, rgb: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """(H, W, 3) as sRGB: the picture itself, or samples in its colours."""
    return in_srgb(picture.rgb if rgb is None else rgb, picture.icc_profile)


def _repaired(result: "LocateResult | RefineResult") -> "RefineResult | None":
    """The result of a repair; None for one of locating alone."""
    from artifix.result import RefineResult

    return result if isinstance(result, RefineResult) else None


def marked(alignments: Sequence["Alignment"]) -> NDArray[np.bool_]:
    """(H, W) True in every mask group."""
    return np.logical_or.reduce([alignment.mask for alignment in alignments])


def joined(alignments: Sequence["Alignment"]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Maps and regions of all mask groups as one: (H_ref, W_ref) in [0, 1], and bool."""
    from artifix.alignment.small_parts import located

    found = located(alignments)  # of what is filled nothing is seen in the reference
    correspondence = np.maximum.reduce([alignment.correspondence for alignment in found])
    return correspondence, np.logical_or.reduce([alignment.region for alignment in found])
