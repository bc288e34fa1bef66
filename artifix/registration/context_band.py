"""The context band around the mask: what a transform must explain."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box, Crop, box_of
from artifix.registration import tuning


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
    tuned = tuning.REGISTRATION
    reach = max(tuned.band_least_reach_px, tuned.band_reach * 2 * np.sqrt(mask.sum() / np.pi))
    inner, pad = box_of(mask), int(np.ceil(reach))
    box = Box(inner.left - pad, inner.top - pad, inner.right + pad, inner.bottom + pad).clip(*mask.shape)
    scale = min(1.0, tuned.band_side_px / max(box.width, box.height))
    size = max(1, round(box.height * scale)), max(1, round(box.width * scale))
    margin = 2 * tuned.bleed_px  # artifacts so near beside the box count
    near = Box(box.left - margin, box.top - margin, box.right + margin, box.bottom + margin).clip(*mask.shape)
    distance = _distance(mask[near.slices()])
    clear = distance if masked is None or masked is mask else _distance(masked[near.slices()])
    weight = (np.clip(1.25 - distance / reach, 0, 1) * (clear > tuned.bleed_px)).astype(np.float32)
    local = Box(box.left - near.left, box.top - near.top, box.right - near.left, box.bottom - near.top)
    picture = Crop(box, size).cut(image).astype(np.float32)
    return ContextBand(Crop(box, size), picture, Crop(local, size).cut(weight, nearest=True))


def _distance(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def compare(band: ContextBand, warped: NDArray[np.float32], valid: NDArray[np.bool_]) -> BandScore:
    """How well the warped reference explains the band, whatever its brightness and contrast.

    The local normalised cross-correlation under a Gaussian window, averaged over the band. Windows count by
    the structure they hold, in the image or in the warped reference: unexplained structure costs, flat parts
    are mute. Pixels of the band outside the reference count as unexplained where a window still reaches what
    it shows.

    Args:
        band: of the image.
        warped: (h, w, 3) float32 RGB, the reference in the frame of the band's picture.
        valid: (h, w), True where the reference shows something.

    Returns:
        The agreement, near 0 for unrelated pictures, for right ones below 1 by the noise floor of flat parts.
    """
    tuned = tuning.REGISTRATION
    support = (band.weight * valid).astype(np.float32)
    if support.sum() < tuned.band_least_shown * band.weight.sum() or support.sum() < 16:
        return BandScore(-1.0, 1.0)
    variance_a, variance_b, covariance = _moments(grey_of(band.picture), grey_of(warped), support)
    noise = tuned.noise_deviation**2
    correlation = covariance / np.sqrt((variance_a + noise) * (variance_b + noise))
    salience = np.sqrt(np.maximum(variance_a, variance_b))
    salience = band.weight * salience / (salience + tuned.salient_deviation)
    agreement = float((salience * valid * correlation).sum() / max(float(salience.sum()), 1e-6))
    return BandScore(agreement, float(salience.sum() / band.weight.sum()))


def grey_of(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w) luma of (h, w, 3) RGB."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)


def window_mean(
    plane: NDArray[np.float32], support: NDArray[np.float32], window_px: float
) -> NDArray[np.float32]:
    """Mean of (h, w) `plane` under a Gaussian window, counting only where `support` is positive."""
    mass = cv2.GaussianBlur(support, (0, 0), window_px) + 1e-6
    return cv2.GaussianBlur(plane * support, (0, 0), window_px) / mass


def _moments(
    a: NDArray[np.float32], b: NDArray[np.float32], support: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Local variances and covariance of (h, w) `a` and `b` on `support`."""
    window_px = tuning.REGISTRATION.window_px
    mean_a, mean_b, aa, bb, ab = (window_mean(p, support, window_px) for p in (a, b, a * a, b * b, a * b))
    return np.maximum(aa - mean_a**2, 0), np.maximum(bb - mean_b**2, 0), ab - mean_a * mean_b
