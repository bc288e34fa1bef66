"""Lay the reference onto the image, without a mask: matches, a first model, a frame, a smooth warp."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.detection import tuning
from artifix.detection.warping import agrees, flow_left, seen, warp_along, warp_through
from artifix.errors import NoMatchError
from artifix.geometry import Box, Crop, transform_points
from artifix.matching import sift
from artifix.matching.installed import xfeat_path
from artifix.registration.transform import Transform
from artifix.scene import Matches
from artifix.setting_names import setting

if TYPE_CHECKING:
    from artifix.matching import xfeat


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """Image and reference in one frame, a crop of the image around the object."""

    crop: Crop  # of the image; its size is the frame's (h, w)
    image: NDArray[np.uint8]  # (h, w, 3)
    reference: NDArray[np.uint8]  # (h, w, 3), warped
    valid: NDArray[np.bool_]  # (h, w) True where the reference shows something
    points: NDArray[np.float64]  # (N, 2) where matches lie on the warp, in pixels of the frame
    flow: NDArray[np.float32]  # (h, w) see `warping.flow_left`
    transform: Transform  # image to reference


@dataclass(frozen=True, slots=True, eq=False)
class _Described:
    """What the matchers see in a picture."""

    sift: sift.Features
    xfeat: "xfeat.Features | None"  # None where it is not installed


def lay(image: NDArray[np.uint8], reference: NDArray[np.uint8], name: str = "reference") -> Laid:
    """The reference in the frame of the object that image and reference share.

    Args:
        image: (H, W, 3) RGB.
        reference: (H_ref, W_ref, 3) RGB.
        name: of the reference, for messages.

    Raises:
        NoMatchError: they do not show the same thing.
    """
    whole, described = Box(0, 0, image.shape[1], image.shape[0]), _described(reference)
    matches = _matches(image, described)
    first = _first_model(matches, whole)
    if first is None:
        raise _no_match(name, f"{sum(map(len, matches))} matches, too few of which agree")
    crop = _frame_around(first, matches, reference.shape, whole)
    shown = crop.cut(image)
    closer = [_moved(one, crop) for one in _matches(shown, described)]
    pool = _near([*matches, *closer], first, tuning.DETECTION.near * max(crop.box.width, crop.box.height))
    transform = warp_along(warp_through(first, pool, crop), shown, reference, crop)
    warped, valid = seen(transform, reference, crop)
    points = transform_points(crop.matrix(), pool.image[agrees(transform, pool, crop)])
    if len(points) < tuning.DETECTION.least_matches:
        raise _no_match(name, f"matches that agree once it is laid onto it: {len(points)}")
    return Laid(crop, shown, warped, valid, points, flow_left(shown, warped), transform)


def _no_match(name: str, found: str) -> NoMatchError:
    return NoMatchError(
        f"{name}: what it shows was not found in the image ({found})",
        f"give a photo of the same object from a like side, or draw {setting('mask')} by hand",
    )


def _described(picture: NDArray[np.uint8]) -> _Described:
    if xfeat_path() is None:
        return _Described(sift.describe(picture), None)
    from artifix.matching import xfeat

    return _Described(sift.describe(picture), xfeat.describe(picture))


def _matches(image: NDArray[np.uint8], reference: _Described) -> list[Matches]:
    """SIFT's matches, and XFeat's where that is installed."""
    described = _described(image)
    found = [sift.match_described(described.sift, reference.sift)]
    if described.xfeat is not None and reference.xfeat is not None:
        from artifix.matching import xfeat

        found.append(xfeat.match_described(described.xfeat, reference.xfeat))
    return found


def _moved(matches: Matches, crop: Crop) -> Matches:
    """Matches of the crop's picture, in pixels of the image."""
    back = np.linalg.inv(crop.matrix())
    scale = float(np.sqrt(abs(np.linalg.det(back[:2, :2]))))
    points = transform_points(back, matches.image)
    return replace(matches, image=points, tolerance_px=matches.tolerance_px * scale)


def _first_model(matches: Sequence[Matches], whole: Box) -> NDArray[np.float64] | None:
    """(3, 3) the map from image to reference that most matches agree on; None where too few do."""
    tuned = tuning.DETECTION
    points = np.concatenate([one.image for one in matches])
    others = np.concatenate([one.reference for one in matches])
    if len(points) < tuned.least_matches:
        return None
    # Sought backwards, so that the tolerance is of the image.
    tolerance_px = tuned.loose * max(whole.width, whole.height)
    best, most = None, 0.0
    for estimate, gain in ((cv2.estimateAffinePartial2D, 1.0), (cv2.estimateAffine2D, tuned.affine_gain)):
        cv2.setRNGSeed(0)
        found, kept = estimate(
            others,
            points,
            method=cv2.RANSAC,
            ransacReprojThreshold=tolerance_px,
            maxIters=5000,
            confidence=0.9999,
        )
        if found is None or not _is_plausible(np.asarray(found, np.float64)):
            continue
        count = _distinct(points[kept.ravel() > 0])
        if best is None or count > gain * most:
            best, most = np.asarray(found, np.float64), count
    if best is None or most < max(tuned.least_matches, tuned.least_share * _distinct(points)):
        return None
    return np.linalg.inv(np.vstack([best, [0, 0, 1]]))


def _distinct(points: NDArray[np.float64]) -> int:
    """How many, those that nearly coincide counted once."""
    return len(np.unique(np.round(points / tuning.DETECTION.distinct_px), axis=0))


def _is_plausible(affine: NDArray[np.float64]) -> bool:
    tuned, linear = tuning.DETECTION, affine[:, :2]
    large, small = np.linalg.svd(linear)[1]
    is_sane = 1 / tuned.most_zoom < small and large < min(tuned.most_zoom, tuned.most_stretch * small)
    return bool(np.linalg.det(linear) > 0 and is_sane)


def _frame_around(
    first: NDArray[np.float64], matches: Sequence[Matches], shape: Sequence[int], whole: Box
) -> Crop:
    """Where matches agree, with what lies around it as far as a reference of this shape reaches, enlarged."""
    tuned = tuning.DETECTION
    height, width = shape[:2]
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64)
    reach = transform_points(np.linalg.inv(first), corners)
    pool = _near(matches, first, tuned.loose * max(whole.width, whole.height))
    low, high = np.quantile(pool.image, tuned.inner, axis=0)
    pad = tuned.margin * max(high - low)
    left, top = np.floor(np.maximum(low - pad, reach.min(0))).astype(int)
    right, bottom = np.ceil(np.minimum(high + pad, reach.max(0))).astype(int) + 1
    box = Box(int(left), int(top), int(right), int(bottom)).clip(whole.height, whole.width)
    scale = min(tuned.most_enlarged, tuned.frame_px / max(box.width, box.height))
    return Crop(box, (max(1, round(box.height * scale)), max(1, round(box.width * scale))))


def _near(matches: Sequence[Matches], first: NDArray[np.float64], limit_px: float) -> Matches:
    """All matches within a limit of the first model [px of the image], as one."""
    points = np.concatenate([one.image for one in matches])
    others = np.concatenate([one.reference for one in matches])
    off_px = np.linalg.norm(transform_points(np.linalg.inv(first), others) - points, axis=1)
    kept = off_px < limit_px
    tolerance_px = min(one.tolerance_px for one in matches)
    return Matches(points[kept], others[kept], np.ones(int(kept.sum())), "all", tolerance_px)
