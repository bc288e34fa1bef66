"""Give the warped reference the light and the sharpness of the image around the mask."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import resize
from artifix.refinement.colours import fit_colours
from artifix.refinement.kinship import kinship

WORKING_SIDE_PX = 1024  # crops that are larger are worked on at this size, in whose pixels lengths are
SHOWN = 0.99  # share of a pixel, in which the reference must show something
FIT_REACH_PX = 20.0  # colours are fitted on a ring this wide
FIELD_REACH_PX = 16.0  # what they leave is taken up from a ring this wide
GUARD_PX = 1.0  # the artifact bleeds this far out of its mask
FIELD_PX = 4.0  # deviation of the Gaussian that smooths the residual: above noise, below texture
USUAL = 0.85  # share of residuals on the ring: what is beyond, such as glare, is not continued whole
NOISE = 4.0  # standard deviation of samples that says nothing about contrast
BLURS_PX = (0.0, 0.5, 0.7, 0.9, 1.2, 1.6, 2.2)  # deviations tried
WORTH_BLURRING = 0.995  # a stronger blur must lower the error on the ring to this share
STRONG = 0.9  # quantile of the edges that tell how sharp a picture is
SHARPER = 1.15  # the reference may be this much sharper than the image
LEAST_RING_PX = 32  # with fewer pixels the reference is only shifted, or left as it is


def match_light(
    warped: NDArray[np.float32], valid: NDArray[np.bool_], image: NDArray, mask: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Fit the warped reference to the image on the ring around the mask, robustly.

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
    factor = min(1.0, WORKING_SIDE_PX / max(mask.shape))
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
    """Steps 1 and 2 of `match_light`; None where the ring holds too little."""
    ring, near = _rings(mask, valid)
    if ring.sum() < LEAST_RING_PX:
        return None
    blur_px, matrix, offset = _sharpness_matched(warped, image, ring)
    fitted = _softened(warped, blur_px) @ matrix + offset
    residual = image - fitted
    most = float(np.quantile(np.abs(residual[near]), USUAL))
    return _Light(blur_px, matrix, offset, fitted, _light_field(np.clip(residual, -most, most), near))


def _in_light(warped: NDArray[np.float32], light: _Light, factor: float) -> NDArray[np.float32]:
    """All of the warped reference, of which `light` was found at `factor` of its size."""
    lit = _softened(warped, light.blur_px / factor) @ light.matrix
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
    """The arguments of `match_light` at the size worked at: light changes slowly, and large arrays cost."""
    height, width = mask.shape
    size = max(1, round(height * factor)), max(1, round(width * factor))
    pictures = [resize(picture, size) for picture in (warped, image)]
    shows, hidden = (resize(part.astype(np.float32), size) for part in (valid, mask))
    return [pictures[0], shows > SHOWN, pictures[1].astype(np.float32), hidden > 0]


def as_sharp(
    warped: NDArray[np.float32], valid: NDArray[np.bool_], image: NDArray, mask: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """The warped reference, blurred until its edges around the mask are as soft as the image's.

    Pixels need not lie in place: what a slight blur takes of its edges tells how sharp a picture is.

    Arguments and result as in `match_light`.
    """
    ring, _ = _rings(mask, valid)
    if ring.sum() < LEAST_RING_PX:
        return warped
    wanted = _sharpness(image.astype(np.float32), ring)
    for deviation in BLURS_PX:
        blurred = _softened(warped, deviation)
        # A soft outline behind fine fur, or fur that one picture lacks, tells of one of the two only.
        if np.any(_sharpness(blurred, ring) <= SHARPER * wanted):
            break
    return blurred


def _sharpness(picture: NDArray[np.float32], ring: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of the edges on the ring that a blur of one pixel takes away: of the strongest, and of all."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    before, after = (
        np.hypot(*(cv2.Sobel(g, cv2.CV_32F, *order, ksize=3, scale=1 / 8) for order in ((1, 0), (0, 1))))
        for g in (grey, np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.float32))
    )
    strong = ring & (before >= np.quantile(before[ring], STRONG))
    return np.array([1 - after[p].mean() / max(float(before[p].mean()), NOISE / 4) for p in (strong, ring)])


def _rings(mask: NDArray[np.bool_], valid: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(h, w) each: where colours are fitted, and where what they leave is taken up."""
    distance = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    around = (distance > GUARD_PX) & valid
    return around & (distance <= FIT_REACH_PX), around & (distance <= FIELD_REACH_PX)


def _sharpness_matched(
    warped: NDArray[np.float32], image: NDArray[np.float32], ring: NDArray[np.bool_]
) -> tuple[float, NDArray[np.float32], NDArray[np.float32]]:
    """The blur [px], the matrix and the offset that explain the ring best."""
    least, say = np.inf, kinship(warped, image, ring)[ring]
    for deviation in BLURS_PX:
        softened = _softened(warped, deviation)[ring]
        matrix, offset = fit_colours(softened, image[ring], say, True)
        error = float(np.abs(softened @ matrix + offset - image[ring]).mean())
        if error < least * WORTH_BLURRING:
            best, least = (deviation, matrix, offset), error
        elif deviation:
            break  # the error has one valley
    return best


def _softened(picture: NDArray[np.float32], deviation_px: float) -> NDArray[np.float32]:
    return _blurred(picture, deviation_px) if deviation_px else picture


def trust(error: NDArray[np.float32], floor: float) -> NDArray[np.float32]:
    """Weight in [0, 1] of each error: falls to 0 beyond three deviations (Welsch's function)."""
    deviation = 1.4826 * float(np.median(error)) + floor
    return np.exp(-((error / (3 * deviation)) ** 2)).astype(np.float32)


def _light_field(residual: NDArray[np.float32], ring: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(h, w, 3) residual on the ring, smoothed and continued everywhere."""
    error = np.abs(residual).mean(2)
    weight = np.zeros(ring.shape, np.float32)
    weight[ring] = trust(error[ring], NOISE / 2)
    total = _blurred(residual * weight[..., None], FIELD_PX)
    return _continued(total, _blurred(weight, FIELD_PX))


def _blurred(picture: NDArray[np.float32], deviation_px: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), deviation_px), np.float32)


def _continued(total: NDArray[np.float32], mass: NDArray[np.float32]) -> NDArray[np.float32]:
    """Push-pull: where little mass is known, the coarser level of the pyramid answers."""
    if min(mass.shape) < 3:
        mean = total.sum((0, 1)) / max(float(mass.sum()), 1e-6)
        return np.broadcast_to(mean, total.shape).astype(np.float32)
    halves = [np.asarray(cv2.pyrDown(level), np.float32) for level in (total, mass)]
    coarse = _continued(halves[0], halves[1])
    filled = np.asarray(cv2.resize(coarse, mass.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    known = np.clip(4 * mass, 0, 1)[..., None]
    return known * total / np.maximum(mass, 1e-6)[..., None] + (1 - known) * filled
