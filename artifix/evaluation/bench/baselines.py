"""What needs no network: OpenCV's inpainting, and a patch pasted by a homography of SIFT matches."""

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.inputs.case import Case

FEATURES = 4000  # of SIFT, at most
KEPT_AWAY = 9  # side of the square by which the mask grows, inside which no feature is taken [px]
RATIO = 0.8  # of the distances of best and second best match (Lowe 2004)
FEWEST = 6  # matches, and inliers, with which there is a homography
THRESHOLD_PX = 4.0  # of MAGSAC++
RING = (7, 25)  # sides of the squares by which the mask grows to the ring around it [px]
FLAT = 4.0  # grey levels added to deviations, so that flat rings are not divided by nothing
TELEA_GROWS, TELEA_RADIUS_PX = 3, 5

Painted = tuple[NDArray[np.uint8], NDArray[np.bool_] | None]  # (H, W, 3) RGB; (H_ref, W_ref) or none


def as_is(case: Case) -> Painted:
    """The image, artifact and all."""
    return case.image.rgb, None


def telea(case: Case) -> Painted:
    """The mask filled from around (Telea 2004), with no look at the reference.

    It grows by a pixel first, as the rim of an artifact would bleed into it: so much around it changes too.
    """
    mask = _grown(case.mask, TELEA_GROWS)
    return cv2.inpaint(case.image.rgb, mask, TELEA_RADIUS_PX, cv2.INPAINT_TELEA).astype(np.uint8), None


def sift_paste(case: Case) -> Painted:
    """The reference laid over the image by a homography of SIFT matches, and pasted into the mask.

    Its mean and deviation, channel by channel, are matched to the image's on a ring around the mask. Where
    there is no homography, it is `telea`, and there is no region.
    """
    image, reference = case.image.rgb, case.reference.rgb
    matrix = _homography(case)
    if matrix is None:
        return telea(case)
    size = reference.shape[1], reference.shape[0]
    marked = case.mask.astype(np.uint8)
    region = cv2.warpPerspective(marked, matrix, size, flags=cv2.INTER_NEAREST) > 0
    warped = cv2.warpPerspective(
        reference,
        matrix,
        (image.shape[1], image.shape[0]),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    ring = (_grown(case.mask, RING[1]) > 0) & (_grown(case.mask, RING[0]) == 0)
    if not ring.any():  # the mask reaches all sides
        return telea(case)
    wanted, own = image[ring].astype(np.float64), warped[ring].astype(np.float64)
    gain = (wanted.std(axis=0) + FLAT) / (own.std(axis=0) + FLAT)
    lit = (warped - own.mean(axis=0)) * gain + wanted.mean(axis=0)
    pasted = np.clip(lit, 0, 255).round().astype(np.uint8)
    return np.where(case.mask[..., None], pasted, image), region


def _homography(case: Case) -> NDArray[np.float64] | None:
    """(3, 3) from points of the image to points of the reference; None where too few matches agree."""
    sift = cv2.SIFT_create(FEATURES)  # type: ignore[attr-defined]
    allowed = np.where(_grown(case.mask, KEPT_AWAY) > 0, 0, 255).astype(np.uint8)
    # Grey as OpenCV itself makes it of pictures in its own order of channels.
    grey = [cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2GRAY) for picture in (case.image, case.reference)]
    at_image, of_image = sift.detectAndCompute(grey[0], allowed)
    at_reference, of_reference = sift.detectAndCompute(grey[1], None)
    if of_image is None or of_reference is None or min(len(at_image), len(at_reference)) < 4:
        return None
    pairs = cv2.BFMatcher().knnMatch(of_image, of_reference, k=2)
    good = [best for best, second in pairs if best.distance < RATIO * second.distance]
    if len(good) < FEWEST:
        return None
    source = np.array([at_image[match.queryIdx].pt for match in good], np.float32)
    target = np.array([at_reference[match.trainIdx].pt for match in good], np.float32)
    matrix, inliers = cv2.findHomography(source, target, cv2.USAC_MAGSAC, THRESHOLD_PX)
    if matrix is None or inliers.sum() < FEWEST:
        return None
    return np.asarray(matrix, np.float64)


def _grown(mask: NDArray[np.bool_], side_px: int) -> NDArray[np.uint8]:
    """(H, W) 0 or 255, grown by half a square of so many pixels a side."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8) * 255, np.ones((side_px, side_px), np.uint8)))
