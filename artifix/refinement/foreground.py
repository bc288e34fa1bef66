"""What of the warped reference belongs to the object, and what is only what the object was photographed on.

Where a mask reaches beyond the object the reference shows its own background there: grass, a studio's white,
a dark table. Around the mask image and reference tell the two apart, by agreeing or not; inside it colour
models of both and a minimum cut do (Rother et al. 2004, "GrabCut").
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.refinement import tuning


def foreground(
    paste: NDArray[np.float32],
    valid: NDArray[np.bool_],
    image: NDArray,
    mask: NDArray[np.bool_],
    agreement: NDArray[np.float32],
) -> NDArray[np.float32]:
    """How far each pixel of the paste shows the object.

    Args:
        paste: (h, w, 3) float32 in [0, 255], the reference in the frame and the light of a crop of the image.
        valid: (h, w), True where the reference shows something.
        image: (h, w, 3) uint8 or float32 in [0, 255], the crop.
        mask: (h, w), True on the artifact; at least one pixel is.
        agreement: (h, w) in [0, 1], how far both show the same there.

    Returns:
        (h, w) float32 in [0, 1]: 0 where the reference shows nothing; 1 everywhere else where all belongs, or
        nothing tells.
    """
    tuned = tuning.REFINEMENT
    small = _shrunk(paste)
    labels = _labels(
        small,
        _shrunk(image.astype(np.float32)),
        _shrunk(mask.astype(np.float32)) > tuned.foreground_masked_share,
        _shrunk(valid.astype(np.float32)) > tuned.foreground_shown_share,
        _shrunk(agreement),
    )
    if labels is None:
        return valid.astype(np.float32)
    kept = cv2.GaussianBlur(_cut(small, labels).astype(np.float32), (0, 0), tuned.foreground_edge_px)
    full = cv2.resize(kept, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(full, 0, 1) * valid, np.float32)


def _shrunk(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    tuned = tuning.REFINEMENT
    scale = min(1.0, tuned.foreground_side_px / max(picture.shape[:2]))
    height, width = (max(tuned.foreground_least_side_px, round(side * scale)) for side in picture.shape[:2])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _labels(
    paste: NDArray[np.float32],
    image: NDArray[np.float32],
    mask: NDArray[np.bool_],
    shown: NDArray[np.bool_],
    agreement: NDArray[np.float32],
) -> NDArray[np.uint8] | None:
    """What the ring is sure of, in GrabCut's labels; None where nothing is to be cut."""
    tuned = tuning.REFINEMENT
    extent = float(np.sqrt(mask.sum()))
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    ring = (away > tuned.foreground_bleed_px) & (away < tuned.foreground_reach * extent) & shown
    same, other = _same_and_other(_colour_distance(paste, image, extent), agreement, ring, extent)
    least_same = tuned.foreground_least_same * ring.sum()
    if same.sum() < least_same or other.sum() < max(tuned.foreground_least_other * ring.sum(), 1):
        return None
    labels = np.full(mask.shape, cv2.GC_PR_FGD, np.uint8)
    labels[same], labels[other] = cv2.GC_FGD, cv2.GC_BGD
    labels[~shown] = cv2.GC_BGD
    return labels


def _colour_distance(
    paste: NDArray[np.float32], image: NDArray[np.float32], extent: float
) -> NDArray[np.float64]:
    """(h, w) distance of the softened Lab colours, in which light counts less than colour."""
    tuned = tuning.REFINEMENT
    sigma = max(tuned.foreground_least_blur_px, tuned.foreground_blur * extent)
    soft = [cv2.GaussianBlur(_lab(picture), (0, 0), sigma) for picture in (paste, image)]
    weights = [1 / tuned.foreground_chroma, tuned.foreground_chroma, tuned.foreground_chroma]
    return np.asarray(np.linalg.norm((soft[0] - soft[1]) * weights, axis=-1))


def _same_and_other(
    apart: NDArray[np.float64], agreement: NDArray[np.float32], ring: NDArray[np.bool_], extent: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(h, w) each: where on the ring both pictures surely show the same thing, and where another."""
    tuned = tuning.REFINEMENT
    limit = tuned.foreground_same
    is_alike = agreement > tuned.foreground_alike
    same = ring & ((apart < limit) | (is_alike & (apart < tuned.foreground_lenient * limit)))
    other = ring & (apart > tuned.foreground_other) & (agreement < tuned.foreground_unlike)
    # Thin bands come from strokes that lie a little off.
    width = 2 * max(1, round(tuned.foreground_blur * extent)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    return same, cv2.morphologyEx(other.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0


def _lab(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """8-bit Lab of an RGB picture, as float32."""
    return cv2.cvtColor(np.clip(picture, 0, 255).astype(np.uint8), cv2.COLOR_RGB2LAB).astype(np.float32)


def _cut(paste: NDArray[np.float32], labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(h, w) True where the minimum cut leaves the object."""
    picture, unused = np.clip(paste, 0, 255).astype(np.uint8), (0, 0, 0, 0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # its clusters start at random
    rounds = tuning.REFINEMENT.foreground_rounds
    found, *_ = cv2.grabCut(picture, labels.copy(), unused, *models, rounds, cv2.GC_INIT_WITH_MASK)
    return np.isin(found, (cv2.GC_FGD, cv2.GC_PR_FGD))
