"""The files of a result, encoded."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from artifix.geometry import box_of
from artifix.inputs.case import Case
from artifix.inputs.images import eight_bit
from artifix.outputs.encode import encode_json, encode_npy, encode_png
from artifix.outputs.overlay import OverviewRow, heat_map, overview
from artifix.outputs.save import ALIGNMENT, CORRESPONDENCE, RECORD
from artifix.repair.record import alignment_of

if TYPE_CHECKING:
    from artifix.alignment.located import LocateResult
    from artifix.alignment.stage import Alignment
    from artifix.pipeline import RefineResult

_PROVENANCE = ("artifix", "weights", "seed", "settings", "inputs")  # of the record, into the picture


def result_files(
    case: Case,
    result: "LocateResult | RefineResult",
    record: Mapping[str, Any],
    with_metadata: bool,
) -> dict[str, bytes]:
    """The files of one result by name.

    Args:
        case: what was worked on.
        result: what was found, and repaired if it was; maps of several groups become one by their maximum.
        record: written as record.json; alignment.json takes from it.
        with_metadata: mark refined.png as made with a model, and with what.
    """
    from artifix.alignment.scraps import located

    correspondence, region = joined(result.alignments)
    # Every row shows the map of all groups, which is the one that is kept.
    rows = [OverviewRow(box_of(a.mask), correspondence, a.region) for a in located(result.alignments)]
    repaired = _repaired(result)
    small = None if repaired is None else eight_bit(repaired.refined)
    sheet = overview(case.image.rgb, marked(result.alignments), case.reference.rgb, rows, small)
    files = {
        "correspondence.png": encode_png(heat_map(correspondence, case.reference.rgb, region)),
        CORRESPONDENCE: encode_npy(correspondence),
        "region.png": encode_png(region),
        "overview.png": encode_png(sheet),
        ALIGNMENT: encode_json(alignment_of(record, result)),
        RECORD: encode_json(record),
    }
    if repaired is not None:
        metadata = {name: record[name] for name in _PROVENANCE} if with_metadata else None
        image = case.image
        samples = repaired.refined
        if _stays_grey(image.mode, samples, repaired.alpha):
            samples = np.ascontiguousarray(samples[..., 0])
        files["refined.png"] = encode_png(samples, repaired.alpha, image.icc_profile, metadata, image.chunks)
    return files


def _stays_grey(mode: str, refined: NDArray, alpha: NDArray | None) -> bool:
    """Whether a repair is written in one channel, as its image was: mode is that of Pillow."""
    is_grey = mode in ("1", "L") or mode.startswith("I;16")
    return is_grey and alpha is None and bool((refined == refined[..., :1]).all())


def _repaired(result: "LocateResult | RefineResult") -> "RefineResult | None":
    """The result of a repair; None for one of locating alone."""
    return cast("RefineResult", result) if hasattr(result, "refined") else None


def marked(alignments: Sequence["Alignment"]) -> NDArray[np.bool_]:
    """(H, W) True in every mask group."""
    return np.logical_or.reduce([alignment.mask for alignment in alignments])


def joined(alignments: Sequence["Alignment"]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Maps and regions of all mask groups as one: (H_ref, W_ref) in [0, 1], and bool."""
    from artifix.alignment.scraps import located

    found = located(alignments)  # of what is filled nothing is seen in the reference
    correspondence = np.maximum.reduce([alignment.correspondence for alignment in found])
    return correspondence, np.logical_or.reduce([alignment.region for alignment in found])
