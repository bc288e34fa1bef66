"""An alignment as plain data that a person can read, edit and give back."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifix.alignment.stage import Alignment
from artifix.errors import InputError
from artifix.geometry import Box
from artifix.registration.candidates import is_plausible
from artifix.registration.disparity import Relief
from artifix.registration.spline import Bend
from artifix.registration.transform import Transform

_RESTORE = "write it anew with artifix locate, and change only what you mean to"


def describe(alignment: Alignment) -> dict[str, Any]:
    """All that stage 2 needs of one mask group, JSON-ready; numbers come back bit by bit.

    Where there is a transform it is the answer, and the region follows from it; otherwise the region is. The
    map M* is not held: it is a file of its own.
    """
    transform = alignment.transform
    return {
        "mask_pixels": int(alignment.mask.sum()),
        "box": list(alignment.box.as_tuple()),
        "transform": None if transform is None else _told(transform),
        "region": encode_region(alignment.region) if transform is None else None,
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
    transform, coarseness = alignment.transform, alignment.coarseness
    return {
        "mask_pixels": int(alignment.mask.sum()),
        "box": list(alignment.box.as_tuple()),
        "transform": None if transform is None else transform.matrix.tolist(),
        "bent": transform is not None and transform.bend is not None,
        "agreement": None if transform is None else round(transform.agreement, 4),
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
        raise InputError(f"holds {len(groups)} groups, but the mask has {len(masks)}", _RESTORE)
    entries = [_Entry(group, f"groups[{i}]") for i, group in enumerate(groups)]
    return tuple(
        _alignment(entry, mask, reference_shape, correspondence)
        for entry, mask in zip(entries, masks, strict=True)
    )


def _alignment(
    entry: "_Entry",
    mask: NDArray[np.bool_],
    shape: Sequence[int],
    correspondence: NDArray[np.float32] | None,
) -> Alignment:
    pixels = entry.get("mask_pixels", int)
    if pixels != int(mask.sum()):
        raise InputError(f"{entry.where}.mask_pixels is {pixels}, but the group has {mask.sum()}", _RESTORE)
    box = Box(*entry.numbers("box", (4,)).astype(int).tolist())
    mirrored = entry.flag("mirrored")
    told = entry.inner("transform") if entry.values.get("transform") else None
    transform = None if told is None else _transform(told, box, mirrored)
    region = _region(entry, shape) if transform is None else transform.region(mask, shape)
    if not region.any():
        raise InputError(f"{entry.where}: the part found lies outside the reference", _RESTORE)
    return Alignment(
        mask=mask,
        box=box,
        correspondence=region.astype(np.float32) if correspondence is None else correspondence,
        region=region,
        transform=transform,
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


def _matchers(entry: "_Entry") -> dict[str, int | str]:
    return {name: entry.get(name, int | str) for name in entry.values}


def _told(transform: Transform) -> dict[str, Any]:
    return {
        "matrix": transform.matrix.tolist(),
        "bend": None if transform.bend is None else _bend_told(transform.bend),
        "agreement": float(transform.agreement),
        "speech": float(transform.speech),
        "source": transform.source,
        "model": transform.model,
        "inliers": int(transform.inliers),
        "tolerance_px": float(transform.tolerance_px),
    }


def _transform(entry: "_Entry", box: Box, mirrored: bool) -> Transform:
    matrix = entry.numbers("matrix", (3, 3))
    if not is_plausible(matrix @ _mirror(box) if mirrored else matrix, box):
        view = "mirrored view" if mirrored else "view"
        wrong = "not mirrored" if mirrored else "mirrored"
        raise InputError(
            f"{entry.where}.matrix: is no {view} of a surface there ({wrong}, folded or extreme)",
            "it maps image points (x, y, 1) to reference points, in pixels; " + _RESTORE,
        )
    return Transform(
        matrix=matrix,
        agreement=float(entry.numbers("agreement", ())),
        speech=float(entry.numbers("speech", ())),
        source=entry.get("source", str),
        model=entry.get("model", str),
        inliers=entry.get("inliers", int),
        tolerance_px=float(entry.numbers("tolerance_px", ())),
        bend=_bend(entry.inner("bend")) if entry.values.get("bend") else None,
    )


def _mirror(box: Box) -> NDArray[np.float64]:
    """(3, 3) turns left and right of the box over."""
    return np.array([[-1.0, 0, box.left + box.right], [0, 1, 0], [0, 0, 1]])


def _bend_told(bend: Bend | Relief) -> dict[str, Any]:
    if isinstance(bend, Relief):
        box = list(bend.box.as_tuple())
        return {"box": box, "direction": list(bend.direction), "steps": bend.steps.tolist()}
    return {"box": list(bend.box), "coefficients": bend.coefficients.tolist()}


def _bend(entry: "_Entry") -> Bend | Relief:
    left, top, right, bottom = entry.numbers("box", (4,)).tolist()
    if "steps" in entry.values:
        x, y = entry.numbers("direction", (2,)).tolist()
        steps, held = entry.numbers("steps", (None, None)), np.iinfo(np.int16)
        fits = steps.size > 0 and (steps == np.clip(np.round(steps), held.min, held.max)).all()
        box = Box(int(left), int(top), int(right), int(bottom))
        if not fits or box.is_empty():
            raise InputError(f"{entry.where}: is no relief, of whole steps over a box", _RESTORE)
        return Relief(box, (x, y), steps.astype(np.int16))
    coefficients = entry.numbers("coefficients", (None, None, 2))
    if min(coefficients.shape[:2]) < 4 or left >= right or top >= bottom:
        raise InputError(f"{entry.where}: is no cubic spline over a box", _RESTORE)
    return Bend((left, top, right, bottom), coefficients)


def encode_region(region: NDArray[np.bool_]) -> dict[str, Any]:
    """(H, W) bool as COCO's uncompressed run lengths: columns one after the other, the first run is False."""
    flat = region.ravel(order="F")
    edges = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate([[0], edges, [flat.size]]))
    counts = [0, *runs.tolist()] if flat[0] else runs.tolist()
    return {"size": list(region.shape), "counts": counts}


def decode_region(told: dict[str, Any], shape: Sequence[int], where: str) -> NDArray[np.bool_]:
    """(H, W) bool of run lengths.

    Raises:
        InputError: they do not fill a picture of `shape`.
    """
    entry, size = _Entry(told, where), tuple(shape[:2])
    counts = entry.numbers("counts", (None,)).astype(np.int64)
    if told.get("size") != list(size) or counts.min(initial=0) < 0 or counts.sum() != size[0] * size[1]:
        raise InputError(
            f"{where}: does not fill the reference of {size[1]}x{size[0]} px",
            "give a box [x0, y0, x1, y1], or run lengths for its size [height, width]",
        )
    flat = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    return flat.reshape(size, order="F")


def _region(entry: "_Entry", shape: Sequence[int]) -> NDArray[np.bool_]:
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


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """A part of the data, and where it stands."""

    values: dict[str, Any]
    where: str

    def __post_init__(self) -> None:
        if not isinstance(self.values, dict):
            raise InputError(f"{self.where}: is {type(self.values).__name__}, not an object", _RESTORE)

    def inner(self, name: str) -> "_Entry":
        values: Any = self.values.get(name)
        return _Entry(values, f"{self.where}.{name}")

    def get(self, name: str, kind: type | UnionType) -> Any:
        value = self.values.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            said = getattr(kind, "__name__", str(kind))
            raise InputError(f"{self.where}.{name}: is {value!r}, not {said}", _RESTORE)
        return value

    def flag(self, name: str) -> bool:
        """Whether something holds; files of earlier versions do not say so of what they did not know."""
        value = self.values.get(name, False)
        if not isinstance(value, bool):
            raise InputError(f"{self.where}.{name}: is {value!r}, not true or false", _RESTORE)
        return value

    def probability(self, name: str) -> float:
        """A number in [0, 1]."""
        value = float(self.numbers(name, ()))
        if not 0 <= value <= 1:
            raise InputError(f"{self.where}.{name}: is {value:g}, not in [0, 1]", _RESTORE)
        return value

    def numbers(self, name: str, shape: tuple[int | None, ...]) -> NDArray[np.float64]:
        """The finite numbers of `shape`, in which None is any size."""
        try:
            array = np.array(self.values.get(name), np.float64)
        except (TypeError, ValueError):
            array = np.array(np.nan)
        fits = array.ndim == len(shape) and all(
            b in (None, a) for a, b in zip(array.shape, shape, strict=True)
        )
        if not fits or not np.isfinite(array).all():
            said = "x".join("n" if size is None else str(size) for size in shape) or "1"
            raise InputError(f"{self.where}.{name}: does not hold {said} finite numbers", _RESTORE)
        return array
