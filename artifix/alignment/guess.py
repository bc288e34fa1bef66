"""The best guess at a transform where the ring proves none.

Generated images are not photographs: cloth hangs otherwise, print is drawn anew, and no warp explains the
ring to the pixel. The attention still says where the part lies, how large and how turned; that is a
similarity, and enough to paint the part from its pixels instead of from its tokens alone.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.alignment.candidates import is_plausible
from artifix.alignment.matching import Matches
from artifix.alignment.transform import Transform
from artifix.geometry import Box, box_of

NEAR = 4.0  # matches count that lie within this many extents of the mask
LEAST_MATCHES = 12
LEAST_SHARE = 0.08  # of the matches must agree; attention to unrelated pictures agrees by chance on as many
LEAST_LIFT = 1.0  # of the correspondence map in the region found, over its mean
TRIALS, CONFIDENCE = 2000, 0.999


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """A similarity that part of the attention agrees on."""

    transform: Transform
    share: float  # of the matches around the mask that agree, in [0, 1]


def guess_transform(
    matches: Matches, mask: NDArray[np.bool_], correspondence: NDArray[np.float32]
) -> Guess | None:
    """The similarity that most of the attention around the mask agrees on.

    Args:
        matches: of the network's attention.
        mask: (H, W), the group.
        correspondence: (H_ref, W_ref), the map of the same attention.

    Returns:
        A transform that puts the mask onto the blob; None where attention is too scattered for one. Its
        agreement is 0: the ring was not asked.
    """
    box = box_of(mask)
    near = matches.take(_is_near(matches.image, box))
    sure = near.take(near.weights >= np.median(near.weights)) if len(near) else near
    if len(sure) < LEAST_MATCHES:
        return None
    # Fitted backwards, so that the tolerance is in pixels of the image.
    backward, inliers = cv2.estimateAffinePartial2D(
        sure.reference, sure.image, None, cv2.RANSAC, sure.tolerance_px, TRIALS, CONFIDENCE
    )
    if backward is None or inliers.mean() < LEAST_SHARE:
        return None
    matrix = np.linalg.inv(np.vstack([backward, [0, 0, 1.0]]))
    if not is_plausible(matrix, box):
        return None
    transform = Transform(matrix, 0.0, sure.source, "similarity", int(inliers.sum()), sure.tolerance_px)
    region = transform.region(mask, correspondence.shape)
    if not region.any() or correspondence[region].mean() < LEAST_LIFT * correspondence.mean():
        return None
    return Guess(transform, float(inliers.mean()))


def _is_near(points: NDArray[np.float64], box: Box) -> NDArray[np.bool_]:
    reach = NEAR * max(box.width, box.height)
    offset = np.abs(points - np.array(box.centre))
    return (offset[:, 0] < box.width / 2 + reach) & (offset[:, 1] < box.height / 2 + reach)
