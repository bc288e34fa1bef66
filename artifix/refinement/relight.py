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
from scipy import sparse
from scipy.sparse.linalg import spsolve

from artifix.refinement.colours import fit_colours

GUARD_PX = 1.5  # the artifact bleeds this far out of its mask
REACH = 0.5  # colours are compared this far around the mask, in its extents (root of its area)
SOFT = 0.05  # deviation of the Gaussian that makes pictures comparable, in extents
INSIDE = 0.6  # say of a pixel of the artifact, over one at the mask's edge
LEAST_PIXELS, MOST_PIXELS = 64, 6000  # that are compared
PLAIN = 6.0  # deviation of grey levels in which nothing is drawn
LIFT = 16.0  # grey levels: ratios of less are noise
MOST_RATIO = 0.9  # log of the ratio of light, at most
UNLIKE = 0.25  # difference of that log between channels where it is hardly light: a hand, another ground
SEAM, SEAM_REACH, SEAM_FADE = 50.0, 0.15, 0.5  # grey levels; extents around the mask, and into it
FIELD_SIDE_PX = 64  # fields are solved at this size


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A crop and the warped reference in it."""

    image: NDArray[np.float32]  # (h, w, 3) in [0, 255]
    warped: NDArray[np.float32]  # (h, w, 3) in [0, 255]
    valid: NDArray[np.bool_]  # (h, w), where the reference shows something
    mask: NDArray[np.bool_]  # (h, w)
    away_px: NDArray[np.float32]  # (h, w), distance from the mask
    extent_px: float  # root of the mask's area


def match_roughly(
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
    away_px = np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    view = _View(image.astype(np.float32), warped, valid, mask, away_px, float(np.sqrt(mask.sum())))
    softened = [_softened(view, picture) for picture in (warped, view.image)]
    plain = _plainness(view) * _lightlike(view, *softened)
    say = _say(view, np.maximum(agreement, plain))
    rows, columns = np.nonzero(say > 1e-3)
    if len(rows) < LEAST_PIXELS:
        return warped
    at = tuple(part[:: 1 + len(rows) // MOST_PIXELS] for part in (rows, columns))
    matrix, offset = fit_colours(softened[0][at], softened[1][at], say[at], False)
    fitted = (warped.reshape(-1, 3) @ matrix + offset).reshape(warped.shape).astype(np.float32)
    lit = _with_ground(view, fitted, plain)
    return np.clip(_with_seam(view, lit, np.maximum(agreement, plain)), 0, 255).astype(np.float32)


def _say(view: _View, agreement: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w) how much each pixel counts where colours are compared."""
    ring = np.clip(1 - view.away_px / (REACH * view.extent_px), 0, 1) * (view.away_px > GUARD_PX)
    return np.asarray(np.where(view.mask, INSIDE, ring) * view.valid * agreement, np.float32)


def _plainness(view: _View) -> NDArray[np.float32]:
    """(h, w) in [0, 1], 1 where neither picture shows anything drawn: there light alone differs."""
    deviation = np.zeros(view.mask.shape, np.float32)
    sigma = max(1.5, SOFT * view.extent_px)
    for picture in (view.image, view.warped):
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        mean, square = (cv2.GaussianBlur(plane, (0, 0), sigma) for plane in (grey, grey * grey))
        deviation = np.maximum(deviation, np.sqrt(np.maximum(square - mean * mean, 0)))
    return np.asarray(np.exp(-((deviation / PLAIN) ** 2)), np.float32)


def _softened(view: _View, picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """The picture blurred, inside the mask and outside each by itself."""
    outside = view.valid & (view.away_px > GUARD_PX)
    inner, outer = (_blurred(view, picture, part) for part in (view.valid & view.mask, outside))
    return np.where(view.mask[..., None], inner, outer)


def _blurred(view: _View, picture: NDArray[np.float32], part: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(h, w, 3) mean of the picture's `part` around each pixel."""
    weight, sigma = part.astype(np.float32), max(1.0, SOFT * view.extent_px)
    mass = cv2.GaussianBlur(weight, (0, 0), sigma) + 1e-4
    return np.asarray(
        cv2.GaussianBlur(picture * weight[..., None], (0, 0), sigma) / mass[..., None], np.float32
    )


def _lightlike(view: _View, warped: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w) in [0, 1], how far light alone may tell the softened pictures apart; light has little colour.

    But for the tint that all of the picture has.
    """
    ratio = np.log(np.maximum(image, 0) + LIFT) - np.log(np.maximum(warped, 0) + LIFT)
    around = view.valid & (view.away_px > GUARD_PX) & (view.away_px <= REACH * view.extent_px)
    if around.any():
        ratio = ratio - np.median(ratio[around], axis=0)
    alike = np.exp(-(((ratio.max(-1) - ratio.min(-1)) / UNLIKE) ** 2))
    return np.asarray(alike * (np.abs(ratio.mean(-1)) <= MOST_RATIO), np.float32)


def _with_ground(view: _View, fitted: NDArray[np.float32], plain: NDArray[np.float32]) -> NDArray[np.float32]:
    """The paste times the ratio of light, from where plain ground lies around the mask in both pictures."""
    known = plain * view.valid * (view.away_px > GUARD_PX) * (view.away_px <= REACH * view.extent_px)
    if known.sum() < LEAST_PIXELS:
        return fitted
    light, paste = (np.log(np.maximum(p, 0) + LIFT) for p in (view.image, fitted))
    ratio = np.clip(light - paste, -MOST_RATIO, MOST_RATIO)
    share = min(1.0, float(known.sum()) / max(float((view.away_px <= REACH * view.extent_px).sum()), 1.0) * 4)
    field = continued(ratio.astype(np.float32), known.astype(np.float32), 0.02)
    return ((np.maximum(fitted, 0) + LIFT) * np.exp(share * field) - LIFT).astype(np.float32)


def _with_seam(view: _View, lit: NDArray[np.float32], agreement: NDArray[np.float32]) -> NDArray[np.float32]:
    """The paste, bent towards the image at the mask's edge."""
    reach_px = max(4 * GUARD_PX, SEAM_REACH * view.extent_px)
    ring = view.valid & (view.away_px > GUARD_PX) & (view.away_px <= reach_px)
    if ring.sum() < LEAST_PIXELS // 2:
        return lit
    field = continued(np.clip(view.image - lit, -SEAM, SEAM), (ring * agreement).astype(np.float32), 0.3)
    depth_px = cv2.distanceTransform(view.mask.astype(np.uint8), cv2.DIST_L2, 5)
    return lit + field * np.exp(-depth_px / (SEAM_FADE * view.extent_px))[..., None].astype(np.float32)


def continued(
    values: NDArray[np.float32], weight: NDArray[np.float32], stiffness: float
) -> NDArray[np.float32]:
    """A membrane through weighted values, solved on a coarse grid.

    Args:
        values: (h, w, 3).
        weight: (h, w) in [0, 1]; where it is 0 the membrane alone answers.
        stiffness: of the membrane, over a weight of 1.

    Returns:
        (h, w, 3).
    """
    height, width = weight.shape
    scale = FIELD_SIDE_PX / max(height, width)
    size = max(4, round(width * scale)), max(4, round(height * scale))
    mass = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    total = cv2.resize(values * weight[..., None], size, interpolation=cv2.INTER_AREA)
    index = np.arange(mass.size).reshape(mass.shape)
    pairs = np.concatenate(
        [
            np.stack([index[:, :-1].ravel(), index[:, 1:].ravel()]),
            np.stack([index[:-1].ravel(), index[1:].ravel()]),
        ],
        axis=1,
    )
    ones = np.full(pairs.shape[1], stiffness)
    links = sparse.coo_matrix((ones, pairs), shape=(mass.size,) * 2)
    links = links + links.T
    laplacian = sparse.diags(np.asarray(links.sum(1)).ravel()) - links
    system = (laplacian + sparse.diags(mass.ravel() + 1e-6)).tocsc()
    solved = spsolve(system, total.reshape(-1, 3)).reshape(*mass.shape, 3).astype(np.float32)
    return np.asarray(cv2.resize(solved, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
