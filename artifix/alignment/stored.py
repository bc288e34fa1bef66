"""An alignment as plain data that a person can read, edit and give back."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifix.alignment.alignment import Alignment
from artifix.alignment.run_lengths import decode_region, encode_region
from artifix.alignment.stored_entry import RESTORE, Entry
from artifix.errors import InputError
from artifix.geometry import Box
from artifix.registration.candidates import is_plausible
from artifix.registration.context_band import BandScore
from artifix.registration.disparity import DisparityMap
from artifix.registration.hypothesis import Hypothesis, Support
from artifix.registration.spline import SplineWarp
from artifix.registration.transform import Displacement, Transform


def describe(alignment: Alignment) -> dict[str, Any]:
    """All that stage 2 needs of one mask group, JSON-ready; numbers come back bit by bit.

    Where there is a transform it is the answer, and the region follows from it; otherwise the region is. The
    map M* is not held: it is a file of its own.
    """
    hypothesis = alignment.hypothesis
    return {
        "mask_pixels": int(alignment.mask.sum()),
        "box": list(alignment.box.as_tuple()),
        "transform": None if hypothesis is None else _told(hypothesis),
        "region": encode_region(alignment.region) if hypothesis is None else None,
        "confidence": float(alignment.confidence),
        "repair_confidence": float(alignment.repair_confidence),
        "mirrored": bool(alignment.mirrored),
        "symmetric": bool(alignment.symmetric),
        "filled": bool(alignment.filled),
        "trust": float(alignment.trust),
        "certainty": float(alignment.certainty),
        "matchers": dict(alignment.matchers or {}),
        "source": alignment.source,
        "layer": alignment.layer,
        "timestep": alignment.timestep,
    }


def summarise(alignment: Alignment) -> dict[str, Any]:
    """What the record says of one mask group, JSON-ready."""
    transform, coarseness, agreement = alignment.transform, alignment.coarseness, alignment.agreement
    return {
        "mask_pixels": int(alignment.mask.sum()),
        "box": list(alignment.box.as_tuple()),
        "transform": None if transform is None else transform.matrix.tolist(),
        "bent": transform is not None and transform.displacement is not None,
        "agreement": None if agreement is None else round(agreement, 4),
        "placed": alignment.placed,
        "mirrored": bool(alignment.mirrored),
        "symmetric": bool(alignment.symmetric),
        "coarseness": None if coarseness is None else round(coarseness, 3),
        "confidence": round(float(alignment.confidence), 4),
        "repair_confidence": round(float(alignment.repair_confidence), 4),
        "trust": round(float(alignment.trust), 4),
        "certainty": round(float(alignment.certainty), 4),
        "matchers": dict(alignment.matchers or {}),
        "source": alignment.source,
        "layer": alignment.layer,
        "timestep": alignment.timestep,
    }


def restore(
    groups: Sequence[dict[str, Any]],
    masks: Sequence[NDArray[np.bool_]],
    reference_shape: Sequence[int],
    correspondence: NDArray[np.float32] | None,
) -> tuple[Alignment, ...]:
    """Alignments from what `describe` gave, edited or not.

    Args:
        groups: one for each mask group. A region may also be a box [x0, y0, x1, y1] of the reference.
        masks: (H, W) of each group, in the same order.
        reference_shape: (H_ref, W_ref, ...).
        correspondence: (H_ref, W_ref), the map of all groups; None shows the regions instead.

    Raises:
        InputError: something is missing, of another type, or no answer.
    """
    if len(groups) != len(masks):
        raise InputError(f"holds {len(groups)} groups, but the mask has {len(masks)}", RESTORE)
    entries = [Entry(group, f"groups[{i}]") for i, group in enumerate(groups)]
    return tuple(
        _alignment(entry, mask, reference_shape, correspondence)
        for entry, mask in zip(entries, masks, strict=True)
    )


def _alignment(
    entry: "Entry",
    mask: NDArray[np.bool_],
    shape: Sequence[int],
    correspondence: NDArray[np.float32] | None,
) -> Alignment:
    pixels = entry.get("mask_pixels", int)
    if pixels != int(mask.sum()):
        raise InputError(f"{entry.where}.mask_pixels is {pixels}, but the group has {mask.sum()}", RESTORE)
    box = Box(*entry.numbers("box", (4,)).astype(int).tolist())
    mirrored = entry.flag("mirrored")
    told = entry.inner("transform") if entry.values.get("transform") else None
    hypothesis = None if told is None else _hypothesis(told, box, mirrored)
    region = _region(entry, shape) if hypothesis is None else hypothesis.transform.region(mask, shape)
    if not region.any():
        raise InputError(f"{entry.where}: the part found lies outside the reference", RESTORE)
    return Alignment(
        mask=mask,
        box=box,
        correspondence=region.astype(np.float32) if correspondence is None else correspondence,
        region=region,
        hypothesis=hypothesis,
        confidence=entry.probability("confidence"),
        trust=float(entry.numbers("trust", ())),
        certainty=float(entry.numbers("certainty", ())),
        layer=entry.get("layer", str),
        timestep=entry.get("timestep", int),
        source=entry.get("source", str),
        matchers=_matchers(entry.inner("matchers")),
        repair_confidence=entry.probability("repair_confidence"),
        mirrored=mirrored,
        symmetric=entry.flag("symmetric"),
        filled=entry.flag("filled"),
    )


def _matchers(entry: "Entry") -> dict[str, int | str]:
    return {name: entry.get(name, int | str) for name in entry.values}


def _told(hypothesis: Hypothesis) -> dict[str, Any]:
    transform, support, band = hypothesis.transform, hypothesis.support, hypothesis.band
    return {
        "matrix": transform.matrix.tolist(),
        "bend": _displacement_told(transform.displacement),
        "correction": _displacement_told(transform.correction),
        "agreement": float(band.agreement),
        "speech": float(band.texture),
        "source": support.source,
        "model": support.model,
        "inliers": int(support.inliers),
        "tolerance_px": float(support.tolerance_px),
    }


def _hypothesis(entry: Entry, box: Box, mirrored: bool) -> Hypothesis:
    matrix = entry.numbers("matrix", (3, 3))
    if not is_plausible(matrix @ _mirror(box) if mirrored else matrix, box):
        view = "mirrored view" if mirrored else "view"
        wrong = "not mirrored" if mirrored else "mirrored"
        raise InputError(
            f"{entry.where}.matrix: is no {view} of a surface there ({wrong}, folded or extreme)",
            "it maps image points (x, y, 1) to reference points, in pixels; " + RESTORE,
        )
    agreement, texture = (float(entry.numbers(name, ())) for name in ("agreement", "speech"))
    support = Support(
        source=entry.get("source", str),
        model=entry.get("model", str),
        inliers=entry.get("inliers", int),
        tolerance_px=float(entry.numbers("tolerance_px", ())),
    )
    # Files of earlier versions hold no correction.
    bend, correction = (
        _displacement(entry.inner(name)) if entry.values.get(name) else None
        for name in ("bend", "correction")
    )
    return Hypothesis(Transform(matrix, bend, correction), support, BandScore(agreement, texture))


def _mirror(box: Box) -> NDArray[np.float64]:
    """(3, 3) turns left and right of the box over."""
    return np.array([[-1.0, 0, box.left + box.right], [0, 1, 0], [0, 0, 1]])


def _displacement_told(displacement: Displacement | None) -> dict[str, Any] | None:
    if displacement is None:
        return None
    if isinstance(displacement, DisparityMap):
        box = list(displacement.box.as_tuple())
        return {"box": box, "direction": list(displacement.direction), "steps": displacement.steps.tolist()}
    assert isinstance(displacement, SplineWarp)
    return {"box": list(displacement.box), "coefficients": displacement.coefficients.tolist()}


def _displacement(entry: Entry) -> SplineWarp | DisparityMap:
    left, top, right, bottom = entry.numbers("box", (4,)).tolist()
    if "steps" in entry.values:
        x, y = entry.numbers("direction", (2,)).tolist()
        steps, held = entry.numbers("steps", (None, None)), np.iinfo(np.int16)
        fits = steps.size > 0 and (steps == np.clip(np.round(steps), held.min, held.max)).all()
        box = Box(int(left), int(top), int(right), int(bottom))
        if not fits or box.is_empty():
            raise InputError(f"{entry.where}: is no disparity map, of whole steps over a box", RESTORE)
        return DisparityMap(box, (x, y), steps.astype(np.int16))
    coefficients = entry.numbers("coefficients", (None, None, 2))
    if min(coefficients.shape[:2]) < 4 or left >= right or top >= bottom:
        raise InputError(f"{entry.where}: is no cubic spline over a box", RESTORE)
    return SplineWarp((left, top, right, bottom), coefficients)


def _region(entry: "Entry", shape: Sequence[int]) -> NDArray[np.bool_]:
    told = entry.values.get("region")
    where = f"{entry.where}.region"
    if isinstance(told, dict):
        return decode_region(told, shape, where)
    left, top, right, bottom = entry.numbers("region", (4,)).astype(int).tolist()
    if not (0 <= left < right <= shape[1] and 0 <= top < bottom <= shape[0]):
        raise InputError(
            f"{where}: [{left}, {top}, {right}, {bottom}] does not lie in the reference of "
            f"{shape[1]}x{shape[0]} px",
            "give [x0, y0, x1, y1] in its pixels, x1 and y1 excluded",
        )
    return Box(left, top, right, bottom).filled(*shape[:2])
