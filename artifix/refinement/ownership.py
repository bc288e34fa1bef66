"""What of the warped reference belongs to the object, and what is only what the object was photographed on.

Where a mask reaches beyond the object the reference shows its own background there: grass, a studio's white,
a dark table. Around the mask image and reference tell the two apart, by agreeing or not; inside it colour
models of both and a minimum cut do (Rother et al. 2004, "GrabCut").
"""

import cv2
import numpy as np
from numpy.typing import NDArray

WORKING_SIDE_PX = 128  # the cut is sought at this size
GUARD_PX = 1.5  # working pixels: the artifact bleeds this far out of its mask
REACH = 0.4  # of the ring around the mask that is asked, in extents (root of the mask's area)
SOFT = 0.03  # deviation of the Gaussian that makes colours comparable, in extents
CHROMA = 1.3  # say of a difference of colour over one of light
SAME, OTHER = 16.0, 24.0  # differences of Lab colours below and above which both show the same, or not
ALIKE, UNLIKE = 0.75, 0.6  # agreements above and below which they do
LEAST_OWN, LEAST_ALIEN = 0.1, 0.04  # share of the ring: with less there is no telling, or no need
ITERATIONS = 4  # of the cut


def owned(
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
    small = _shrunk(paste)
    labels = _labels(
        small,
        _shrunk(image.astype(np.float32)),
        _shrunk(mask.astype(np.float32)) > 0.02,
        _shrunk(valid.astype(np.float32)) > 0.98,
        _shrunk(agreement),
    )
    if labels is None:
        return valid.astype(np.float32)
    kept = cv2.GaussianBlur(_cut(small, labels).astype(np.float32), (0, 0), 0.8)
    full = cv2.resize(kept, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(full, 0, 1) * valid, np.float32)


def _shrunk(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    scale = min(1.0, WORKING_SIDE_PX / max(picture.shape[:2]))
    height, width = (max(8, round(side * scale)) for side in picture.shape[:2])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _labels(
    paste: NDArray[np.float32],
    image: NDArray[np.float32],
    mask: NDArray[np.bool_],
    shown: NDArray[np.bool_],
    agreement: NDArray[np.float32],
) -> NDArray[np.uint8] | None:
    """What the ring is sure of, in GrabCut's labels; None where nothing is to be cut."""
    extent = float(np.sqrt(mask.sum()))
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    ring = (away > GUARD_PX) & (away < REACH * extent) & shown
    sigma = max(0.8, SOFT * extent)
    soft = [cv2.GaussianBlur(_lab(picture), (0, 0), sigma) for picture in (paste, image)]
    apart = np.linalg.norm((soft[0] - soft[1]) * [1 / CHROMA, CHROMA, CHROMA], axis=-1)
    own = ring & ((apart < SAME) | ((agreement > ALIKE) & (apart < 2 * SAME)))
    alien = ring & (apart > OTHER) & (agreement < UNLIKE)
    # Thin bands come from strokes that lie a little off.
    width = 2 * max(1, round(SOFT * extent)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    alien = cv2.morphologyEx(alien.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0
    if own.sum() < LEAST_OWN * ring.sum() or alien.sum() < max(LEAST_ALIEN * ring.sum(), 1):
        return None
    labels = np.full(mask.shape, cv2.GC_PR_FGD, np.uint8)
    labels[own], labels[alien] = cv2.GC_FGD, cv2.GC_BGD
    labels[~shown] = cv2.GC_BGD
    return labels


def _lab(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """8-bit Lab of an RGB picture, as float32."""
    return cv2.cvtColor(np.clip(picture, 0, 255).astype(np.uint8), cv2.COLOR_RGB2LAB).astype(np.float32)


def _cut(paste: NDArray[np.float32], labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(h, w) True where the minimum cut leaves the object."""
    picture, unused = np.clip(paste, 0, 255).astype(np.uint8), (0, 0, 0, 0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # its clusters start at random
    found, *_ = cv2.grabCut(picture, labels.copy(), unused, *models, ITERATIONS, cv2.GC_INIT_WITH_MASK)
    return np.isin(found, (cv2.GC_FGD, cv2.GC_PR_FGD))
