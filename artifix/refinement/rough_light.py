"""Give a reference that lies only roughly in place the light of the image.

No pixel of it can be compared with one of the image, but softened ones can: those around the mask, and with
less say those of the artifact, whose colours are mostly right where its strokes are not. A print keeps what
it reflects, and the light that falls on it is the image's: a colour matrix first, then the ratio of what lies
plain in both pictures, continued over the mask (a membrane on the log ratio; Horn 1974, "Determining
lightness from an image"; Pérez et al. 2003), then a narrow seam.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.refinement import tuning
from artifix.refinement.colours import fit_colours
from artifix.refinement.membrane import membrane
from artifix.refinement.ring import is_too_small


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A crop and the warped reference in it."""

    image: NDArray[np.float32]  # (h, w, 3) in [0, 255]
    warped: NDArray[np.float32]  # (h, w, 3) in [0, 255]
    valid: NDArray[np.bool_]  # (h, w), where the reference shows something
    mask: NDArray[np.bool_]  # (h, w)
    away_px: NDArray[np.float32]  # (h, w), distance from the mask
    extent_px: float  # root of the mask's area

    @property
    def outside(self) -> NDArray[np.bool_]:
        """(h, w) where the reference shows something and no artifact bleeds."""
        return self.valid & (self.away_px > tuning.REFINEMENT.rough_bleed_px)

    @property
    def near(self) -> NDArray[np.bool_]:
        """(h, w) what is near enough to be compared."""
        return self.away_px <= tuning.REFINEMENT.rough_reach * self.extent_px

    @property
    def blur_px(self) -> float:
        """Deviation of the Gaussian that makes pictures comparable, but for its least value."""
        return tuning.REFINEMENT.rough_blur * self.extent_px


def match_light_roughly(
    warped: NDArray[np.float32],
    valid: NDArray[np.bool_],
    image: NDArray,
    mask: NDArray[np.bool_],
    agreement: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Fit the light of a reference that lies roughly in place.

    Args:
        warped: (h, w, 3) float32 in [0, 255], in the frame of a crop of the image.
        valid: (h, w), True where the reference shows something.
        image: (h, w, 3) uint8 or float32 in [0, 255], the crop.
        mask: (h, w), True on the artifact; at least one pixel is.
        agreement: (h, w) in [0, 1], how far both show the same there.

    Returns:
        (h, w, 3) float32 in [0, 255]. Meant for the mask; the same where hardly anything can be compared.
    """
    tuned = tuning.REFINEMENT
    away_px = np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    view = _View(image.astype(np.float32), warped, valid, mask, away_px, float(np.sqrt(mask.sum())))
    softened = [_softened(view, picture) for picture in (warped, view.image)]
    plain = _plainness(view) * _explained_by_light(view, *softened)
    weight = _weight(view, np.maximum(agreement, plain))
    rows, columns = np.nonzero(weight > tuned.rough_least_weight)
    if len(rows) < tuned.rough_least_pixels:
        return warped
    at = tuple(part[:: 1 + len(rows) // tuned.rough_most_pixels] for part in (rows, columns))
    matrix, offset = fit_colours(softened[0][at], softened[1][at], weight[at], False)
    fitted = (warped.reshape(-1, 3) @ matrix + offset).reshape(warped.shape).astype(np.float32)
    lit = _with_ground(view, fitted, plain)
    return np.clip(_with_seam(view, lit, np.maximum(agreement, plain)), 0, 255).astype(np.float32)


def _weight(view: _View, agreement: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w) how much each pixel counts where colours are compared."""
    tuned = tuning.REFINEMENT
    ring = np.clip(1 - view.away_px / (tuned.rough_reach * view.extent_px), 0, 1)
    ring = ring * (view.away_px > tuned.rough_bleed_px)
    return np.asarray(np.where(view.mask, tuned.rough_inside, ring) * view.valid * agreement, np.float32)


def _plainness(view: _View) -> NDArray[np.float32]:
    """(h, w) in [0, 1], 1 where neither picture shows anything drawn: there light alone differs."""
    deviation = np.zeros(view.mask.shape, np.float32)
    sigma = max(tuning.REFINEMENT.rough_plain_least_blur_px, view.blur_px)
    for picture in (view.image, view.warped):
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        mean, square = (cv2.GaussianBlur(plane, (0, 0), sigma) for plane in (grey, grey * grey))
        deviation = np.maximum(deviation, np.sqrt(np.maximum(square - mean * mean, 0)))
    return np.asarray(np.exp(-((deviation / tuning.REFINEMENT.rough_plain) ** 2)), np.float32)


def _softened(view: _View, picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """The picture blurred, inside the mask and outside each by itself."""
    inner, outer = (_blurred(view, picture, part) for part in (view.valid & view.mask, view.outside))
    return np.where(view.mask[..., None], inner, outer)


def _blurred(view: _View, picture: NDArray[np.float32], part: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(h, w, 3) mean of the picture's `part` around each pixel."""
    weight, sigma = part.astype(np.float32), max(tuning.REFINEMENT.rough_least_blur_px, view.blur_px)
    mass = cv2.GaussianBlur(weight, (0, 0), sigma) + 1e-4
    return np.asarray(
        cv2.GaussianBlur(picture * weight[..., None], (0, 0), sigma) / mass[..., None], np.float32
    )


def _explained_by_light(
    view: _View, warped: NDArray[np.float32], image: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(h, w) in [0, 1], how far light alone may tell the softened pictures apart; light has little colour.

    But for the tint that all of the picture has.
    """
    tuned = tuning.REFINEMENT
    ratio = _log_light(image) - _log_light(warped)
    around = view.outside & view.near
    if around.any():
        ratio = ratio - np.median(ratio[around], axis=0)
    alike = np.exp(-(((ratio.max(-1) - ratio.min(-1)) / tuned.rough_tinted) ** 2))
    return np.asarray(alike * (np.abs(ratio.mean(-1)) <= tuned.rough_most_ratio), np.float32)


def _log_light(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log of the grey levels, of which those of the dark hardly differ."""
    return np.log(np.maximum(picture, 0) + tuning.REFINEMENT.rough_dark)


def _with_ground(view: _View, fitted: NDArray[np.float32], plain: NDArray[np.float32]) -> NDArray[np.float32]:
    """The paste times the ratio of light, from where plain ground lies around the mask in both pictures."""
    tuned = tuning.REFINEMENT
    known = plain * view.outside * view.near
    if known.sum() < tuned.rough_least_pixels:
        return fitted
    most = tuned.rough_most_ratio
    ratio = np.clip(_log_light(view.image) - _log_light(fitted), -most, most)
    share = min(1.0, float(known.sum()) / max(float(view.near.sum()), 1.0) * tuned.rough_ground)
    field = membrane(ratio.astype(np.float32), known.astype(np.float32), tuned.rough_ground_stiffness)
    dark = tuned.rough_dark
    return ((np.maximum(fitted, 0) + dark) * np.exp(share * field) - dark).astype(np.float32)


def _with_seam(view: _View, lit: NDArray[np.float32], agreement: NDArray[np.float32]) -> NDArray[np.float32]:
    """The paste, bent towards the image at the mask's edge."""
    tuned = tuning.REFINEMENT
    least_px = tuned.rough_seam_least_reach * tuned.rough_bleed_px
    ring = view.outside & (view.away_px <= max(least_px, tuned.rough_seam_reach * view.extent_px))
    if is_too_small(ring):
        return lit
    step = np.clip(view.image - lit, -tuned.rough_seam, tuned.rough_seam)
    field = membrane(step, (ring * agreement).astype(np.float32), tuned.rough_seam_stiffness)
    depth_px = cv2.distanceTransform(view.mask.astype(np.uint8), cv2.DIST_L2, 5)
    fade = np.exp(-depth_px / (tuned.rough_seam_fade * view.extent_px))
    return lit + field * fade[..., None].astype(np.float32)
