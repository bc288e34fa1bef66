"""The context band around the mask: what a transform must explain."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box, Crop, box_of

WORKING_SIDE_PX = 192  # longer side of the band's working picture
LEAST_REACH_PX = 16  # width of the band around a small mask, in pixels of the image
REACH = 0.6  # width of the band over the diameter of a disc of the mask's area
GUARD_PX = 2  # the artifact bleeds this far out of its mask, in pixels of the image
WINDOW_PX = 3.0  # deviation of the Gaussian window of local agreement, in working pixels
NOISE = 4.0  # standard deviation of grey values that counts as no structure
SALIENT = 16.0  # ... where a window has half the full say


@dataclass(frozen=True, slots=True)
class BandScore:
    """How well the reference, seen by one transform, agrees with the band."""

    agreement: float  # in [-1, 1]
    texture: float = 1.0  # how much there was to compare, in [0, 1]: little where both pictures are flat


@dataclass(frozen=True, eq=False)
class ContextBand:
    """The image around its mask, small enough to verify many transforms.

    Attributes:
        crop: from the image to the working picture.
        picture: (h, w, 3) float32 RGB in [0, 255].
        weight: (h, w) float32 in [0, 1]: 0 on the mask and beyond the band, 1 at the mask's edge.
    """

    crop: Crop
    picture: NDArray[np.float32]
    weight: NDArray[np.float32]


def band_around(
    image: NDArray[np.uint8], mask: NDArray[np.bool_], masked: NDArray[np.bool_] | None = None
) -> ContextBand:
    """The band around one part of the mask.

    Args:
        image: (H, W, 3) RGB.
        mask: (H, W), True on the part; at least one pixel is.
        masked: (H, W), True on every artifact, where that is more than `mask`.
    """
    reach = max(LEAST_REACH_PX, REACH * 2 * np.sqrt(mask.sum() / np.pi))
    inner, pad = box_of(mask), int(np.ceil(reach))
    box = Box(inner.left - pad, inner.top - pad, inner.right + pad, inner.bottom + pad).clip(*mask.shape)
    scale = min(1.0, WORKING_SIDE_PX / max(box.width, box.height))
    size = max(1, round(box.height * scale)), max(1, round(box.width * scale))
    margin = 2 * GUARD_PX  # artifacts so near beside the box count
    near = Box(box.left - margin, box.top - margin, box.right + margin, box.bottom + margin).clip(*mask.shape)
    distance = _distance(mask[near.slices()])
    clear = distance if masked is None or masked is mask else _distance(masked[near.slices()])
    weight = (np.clip(1.25 - distance / reach, 0, 1) * (clear > GUARD_PX)).astype(np.float32)
    local = Box(box.left - near.left, box.top - near.top, box.right - near.left, box.bottom - near.top)
    picture = Crop(box, size).cut(image).astype(np.float32)
    return ContextBand(Crop(box, size), picture, Crop(local, size).cut(weight, nearest=True))


def _distance(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def compare(band: ContextBand, warped: NDArray[np.float32], valid: NDArray[np.bool_]) -> BandScore:
    """How well the warped reference explains the band, whatever its brightness and contrast.

    The local normalised cross-correlation under a Gaussian window, averaged over the band. Windows count by
    the structure they hold, in the image or in the warped reference: unexplained structure costs, flat parts
    are mute. Ring pixels outside the reference count as unexplained.

    Args:
        band: of the image.
        warped: (h, w, 3) float32 RGB, the reference in the frame of the band's picture.
        valid: (h, w), True where the reference shows something.

    Returns:
        The agreement, near 0 for unrelated pictures, for right ones below 1 by the noise floor of flat parts.
    """
    support = (band.weight * valid).astype(np.float32)
    if support.sum() < 0.3 * band.weight.sum() or support.sum() < 16:
        return BandScore(-1.0, 1.0)
    variance_a, variance_b, covariance = _moments(grey_of(band.picture), grey_of(warped), support)
    correlation = covariance / np.sqrt((variance_a + NOISE**2) * (variance_b + NOISE**2))
    salience = np.sqrt(np.maximum(variance_a, variance_b))
    salience = band.weight * salience / (salience + SALIENT)
    agreement = float((salience * valid * correlation).sum() / max(float(salience.sum()), 1e-6))
    return BandScore(agreement, float(salience.sum() / band.weight.sum()))


def grey_of(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w) luma of (h, w, 3) RGB."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)


def window_mean(
    plane: NDArray[np.float32], support: NDArray[np.float32], window_px: float = WINDOW_PX
) -> NDArray[np.float32]:
    """Mean of (h, w) `plane` under a Gaussian window, counting only where `support` is positive."""
    mass = cv2.GaussianBlur(support, (0, 0), window_px) + 1e-6
    return cv2.GaussianBlur(plane * support, (0, 0), window_px) / mass


def _moments(
    a: NDArray[np.float32], b: NDArray[np.float32], support: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Local variances and covariance of (h, w) `a` and `b` on `support`."""
    mean_a, mean_b = window_mean(a, support), window_mean(b, support)
    variance_a = np.maximum(window_mean(a * a, support) - mean_a**2, 0)
    variance_b = np.maximum(window_mean(b * b, support) - mean_b**2, 0)
    return variance_a, variance_b, window_mean(a * b, support) - mean_a * mean_b
