"""Make the warped reference as soft as the image around the mask."""

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.refinement import tuning
from artifix.refinement.ring import is_too_small, rings_around


def match_sharpness(
    warped: NDArray[np.float32], valid: NDArray[np.bool_], image: NDArray, mask: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """The warped reference, blurred until its edges around the mask are as soft as the image's.

    Pixels need not lie in place: what a slight blur takes of its edges tells how sharp a picture is.

    Args:
        warped: (h, w, 3) float32 in [0, 255], in the frame of a crop of the image.
        valid: (h, w), True where the reference shows something.
        image: (h, w, 3) uint8 or float32 in [0, 255], the crop.
        mask: (h, w), True on the artifact.

    Returns:
        (h, w, 3) float32 in [0, 255].
    """
    tuned = tuning.REFINEMENT
    ring, _ = rings_around(mask, valid)
    if is_too_small(ring):
        return warped
    wanted = _sharpness(image.astype(np.float32), ring)
    for deviation in tuned.blurs_px:
        softened = blurred(warped, deviation)
        # A soft outline behind fine fur, or fur that one picture lacks, tells of one of the two only.
        if np.any(_sharpness(softened, ring) <= tuned.sharpness_excess * wanted):
            break
    return softened


def blurred(picture: NDArray[np.float32], deviation_px: float) -> NDArray[np.float32]:
    """The picture under a Gaussian of a deviation; the same one for 0."""
    if not deviation_px:
        return picture
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), deviation_px), np.float32)


def _sharpness(picture: NDArray[np.float32], ring: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of the edges on the ring that a slight blur takes away: of the strongest, and of all."""
    tuned = tuning.REFINEMENT
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)
    before, after = (
        np.hypot(*(cv2.Sobel(g, cv2.CV_32F, *order, ksize=3, scale=1 / 8) for order in ((1, 0), (0, 1))))
        for g in (grey, blurred(grey, tuned.sharpness_blur_px))
    )
    strong = ring & (before >= np.quantile(before[ring], tuned.sharpness_edges))
    floor = tuned.noise_deviation / 4  # of noise alone, edges are about so strong
    return np.array([1 - after[p].mean() / max(float(before[p].mean()), floor) for p in (strong, ring)])
