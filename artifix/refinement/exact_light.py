"""Give a reference that lies exactly in place the light and the sharpness of the image around the mask."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import resize
from artifix.refinement import tuning
from artifix.refinement.colours import fit_colours
from artifix.refinement.local_correlation import local_correlation
from artifix.refinement.ring import is_too_small, rings_around
from artifix.refinement.sharpness import blurred


def match_light_exactly(
    warped: NDArray[np.float32], valid: NDArray[np.bool_], image: NDArray, mask: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Fit the warped reference to the image on the ring around the mask, pixel by pixel, robustly.

    1. The blur of the reference that explains the ring best, with a colour matrix and an offset fitted by
       reweighted ridge least squares (a ridge towards plain gains, so that a grey ring cannot mix colours),
       where both show the same thing.
    2. What is left on the ring, smoothed, continued into the mask (the membrane of Pérez et al. 2003,
       "Poisson image editing", solved coarse to fine): shadows and gradients of light, within what is usual
       on the ring.
    Pixels that no light explains, such as an occluder's, lose their weight in both.

    Args:
        warped: (h, w, 3) float32 in [0, 255], in the frame of a crop of the image.
        valid: (h, w), True where the reference shows something.
        image: (h, w, 3) uint8 or float32 in [0, 255], the crop.
        mask: (h, w), True on the artifact.

    Returns:
        (h, w, 3) float32 in [0, 255]. Meant for the mask; outside, the field fades with no promise.
    """
    factor = min(1.0, tuning.REFINEMENT.light_side_px / max(mask.shape))
    small = (
        [warped, valid, image.astype(np.float32), mask]
        if factor == 1
        else _shrunk(factor, warped, valid, image, mask)
    )
    light = _light_of(*small)
    if light is None:
        return warped
    if factor == 1:
        return np.clip(light.fitted + light.field, 0, 255)
    return _in_light(warped, light, factor)


@dataclass(frozen=True, slots=True, eq=False)
class _Light:
    """What makes one picture look as lit and as sharp as another."""

    blur_px: float  # deviation of a Gaussian; 0 is none
    matrix: NDArray[np.float32]  # (3, 3), from the right
    offset: NDArray[np.float32]  # (3,)
    fitted: NDArray[np.float32]  # (h, w, 3), the picture after these three
    field: NDArray[np.float32]  # (h, w, 3), added in the end


def _light_of(
    warped: NDArray[np.float32], valid: NDArray[np.bool_], image: NDArray[np.float32], mask: NDArray[np.bool_]
) -> _Light | None:
    """Steps 1 and 2 of `match_light_exactly`; None where the ring holds too little."""
    ring, near = rings_around(mask, valid)
    if is_too_small(ring):
        return None
    blur_px, matrix, offset = _fit_on_ring(warped, image, ring)
    fitted = blurred(warped, blur_px) @ matrix + offset
    residual = image - fitted
    if not near.any():  # the reference begins further from the mask than light is taken from
        return _Light(blur_px, matrix, offset, fitted, np.zeros_like(fitted))
    most = float(np.quantile(np.abs(residual[near]), tuning.REFINEMENT.light_field_usual))
    return _Light(blur_px, matrix, offset, fitted, _light_field(np.clip(residual, -most, most), near))


def _in_light(warped: NDArray[np.float32], light: _Light, factor: float) -> NDArray[np.float32]:
    """All of the warped reference, of which `light` was found at `factor` of its size."""
    lit = blurred(warped, light.blur_px / factor) @ light.matrix
    lit += light.offset
    lit += cv2.resize(light.field, lit.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(lit, 0, 255, out=lit), np.float32)


def _shrunk(
    factor: float,
    warped: NDArray[np.float32],
    valid: NDArray[np.bool_],
    image: NDArray,
    mask: NDArray[np.bool_],
) -> list[NDArray]:
    """The arguments of `match_light_exactly` at the size worked at: large arrays cost."""
    height, width = mask.shape
    size = max(1, round(height * factor)), max(1, round(width * factor))
    pictures = [resize(picture, size) for picture in (warped, image)]
    shows, hidden = (resize(part.astype(np.float32), size) for part in (valid, mask))
    shown = shows > tuning.REFINEMENT.light_shown_share
    return [pictures[0], shown, pictures[1].astype(np.float32), hidden > 0]


def _fit_on_ring(
    warped: NDArray[np.float32], image: NDArray[np.float32], ring: NDArray[np.bool_]
) -> tuple[float, NDArray[np.float32], NDArray[np.float32]]:
    """The blur [px], the matrix and the offset that explain the ring best."""
    tuned = tuning.REFINEMENT
    least, weight = np.inf, local_correlation(warped, image, ring)[ring]
    for deviation in tuned.blurs_px:
        softened = blurred(warped, deviation)[ring]
        matrix, offset = fit_colours(softened, image[ring], weight, True)
        error = float(np.abs(softened @ matrix + offset - image[ring]).mean())
        if error < least * tuned.blur_gain:
            best, least = (deviation, matrix, offset), error
        elif deviation:
            break  # the error has one valley
    return best


def _light_field(residual: NDArray[np.float32], ring: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(h, w, 3) residual on the ring, smoothed and continued everywhere."""
    tuned = tuning.REFINEMENT
    error = np.abs(residual).mean(2)
    weight = np.zeros(ring.shape, np.float32)
    weight[ring] = _trust(error[ring])
    total = blurred(residual * weight[..., None], tuned.light_field_blur_px)
    return _push_pull(total, blurred(weight, tuned.light_field_blur_px))


def _trust(error: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weight in [0, 1] of each error: falls to 0 beyond a few deviations (Welsch's function)."""
    tuned = tuning.REFINEMENT
    deviation = 1.4826 * float(np.median(error)) + tuned.noise_deviation / 2  # of normal errors, and of noise
    return np.exp(-((error / (tuned.light_outlier * deviation)) ** 2)).astype(np.float32)


def _push_pull(total: NDArray[np.float32], mass: NDArray[np.float32]) -> NDArray[np.float32]:
    """Push-pull: where little mass is known, the coarser level of the pyramid answers."""
    if min(mass.shape) < 3:
        mean = total.sum((0, 1)) / max(float(mass.sum()), 1e-6)
        return np.broadcast_to(mean, total.shape).astype(np.float32)
    halves = [np.asarray(cv2.pyrDown(level), np.float32) for level in (total, mass)]
    coarse = _push_pull(halves[0], halves[1])
    filled = np.asarray(cv2.resize(coarse, mass.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    known = np.clip(tuning.REFINEMENT.light_field_known * mass, 0, 1)[..., None]
    return known * total / np.maximum(mass, 1e-6)[..., None] + (1 - known) * filled
