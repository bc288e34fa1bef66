"""How good a location and a repair are."""

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from artifix.box import Box
from artifix.geometry import box_of, centre_hits
from artifix.inputs.images import eight_bit

LIKENESS_SIDE_PX = 96  # `structure_and_colour` compares pictures in which the mask is so large
MARGIN = 0.4  # of what is shown around the mask, in its extents (root of the area of its box)
REACH = 0.06  # strokes may be shifted so far, in extents
WINDOW_PX, TINT_PX = 3.0, 4.0  # deviations of the Gaussians: of a window, and of softened colours
FAINT = 4.0  # variance of lightness in a window that says nothing


def psnr_db(refined: NDArray, truth: NDArray, mask: NDArray[np.bool_]) -> float:
    """PSNR at 8 bit inside (H, W) `mask` of two (H, W, 3) pictures [dB]; 100 at most."""
    error = float(((eight_bit(refined).astype(np.float64) - eight_bit(truth)) ** 2)[mask].mean())
    return min(10 * np.log10(255**2 / max(error, 1e-6)), 100.0)


def ssim(refined: NDArray, truth: NDArray, mask: NDArray[np.bool_]) -> float:
    """Structural similarity (Wang et al. 2004) at 8 bit, the mean of its map inside `mask`."""
    _, similarity = structural_similarity(eight_bit(refined), eight_bit(truth), channel_axis=2, full=True)
    return float(similarity[mask].mean())


def structure_and_colour(refined: NDArray, truth: NDArray, mask: NDArray[np.bool_]) -> tuple[float, float]:
    """How alike two pictures are inside a mask where strokes may lie a little off.

    Where no warp maps the reference onto the image, PSNR and SSIM reward blur. Here every window of the truth
    is compared with the most alike of the windows around its place, and colours softly.

    Args:
        refined: (H, W, 3), uint8 or uint16.
        truth: (H, W, 3), uint8 or uint16.
        mask: (H, W) with a True pixel.

    Returns:
        structure: correlation of lightness, the mean over windows by the structure that the truth has there,
            at most 1, which is best.
        colour: mean distance of softened colours in 8-bit Lab, 0 is best.
    """
    box = box_of(mask)
    extent = float(np.sqrt(box.width * box.height))
    pad = max(int(MARGIN * extent), 1)
    around = Box(box.left - pad, box.top - pad, box.right - 1 + pad, box.bottom - 1 + pad).clip(*mask.shape)
    part, scale = around.slices(), LIKENESS_SIDE_PX / extent
    share = _scaled(mask[part].astype(np.float32), scale)
    inside = share > min(0.5, float(share.max()) / 2)  # the finest masks fill no pixel
    found, true = (_lab(_scaled(eight_bit(picture)[part], scale)) for picture in (refined, truth))
    alike, spread = _shifted_likeness(found[..., 0], true[..., 0])
    weight = (spread + 1) * inside
    tints = _soft(found, TINT_PX) - _soft(true, TINT_PX)
    colour = np.linalg.norm(tints, axis=-1)[inside].mean()
    return float((alike * weight).sum() / weight.sum()), float(colour)


def iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Intersection over union; 0 for two empty regions."""
    return float((a & b).sum() / max(int((a | b).sum()), 1))


def box_iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Intersection over union of the boxes around two regions."""
    return iou(filled_box(a), filled_box(b))


def pointing_hit(found: NDArray[np.bool_], true: NDArray[np.bool_]) -> bool:
    """Whether the centroid of the region found lies in the box around the true one."""
    return centre_hits(found, true)


def largest_change_outside(refined: NDArray, image: NDArray, mask: NDArray[np.bool_]) -> int:
    """Largest change of any sample where the mask is 0."""
    return int(np.abs(refined.astype(np.int64) - image)[~mask].max(initial=0))


def filled_box(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(H, W) True in the box around the True pixels of `mask`."""
    return box_of(mask).filled(*mask.shape)


def token_iou(correspondence: NDArray[np.float32], region: NDArray[np.bool_], grid: int = 16) -> float:
    """Intersection over union of M* with the true region, both on the token grid of the whole reference.

    Both are averaged over each token and cut at half their maximum, so that a map which spreads over the
    tokens exactly as the region does scores 1, however small the region is.

    Args:
        correspondence: (H_ref, W_ref), at least 0.
        region: (H_ref, W_ref) with a True pixel.
        grid: tokens a side.
    """
    found, true = (_halved(picture, grid) for picture in (correspondence, region))
    return iou(found, true)


def _halved(picture: NDArray, grid: int) -> NDArray[np.bool_]:
    share = cv2.resize(picture.astype(np.float32), (grid, grid), interpolation=cv2.INTER_AREA)
    return np.asarray(share >= share.max() / 2)


def _shifted_likeness(
    found: NDArray[np.float32], true: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(h, w) correlation of windows at the best shift, at most 1, and (h, w) deviation of `true` in them."""
    radius = round(REACH * LIKENESS_SIDE_PX)
    padded = np.pad(found, radius, mode="edge")
    true_mean, true_variance = _moments(true)
    best = np.full(true.shape, -1, np.float32)
    for down, right in np.ndindex(2 * radius + 1, 2 * radius + 1):
        if np.hypot(down - radius, right - radius) > radius:
            continue
        shifted = padded[down : down + true.shape[0], right : right + true.shape[1]]
        mean, variance = _moments(shifted)
        covariance = _soft(shifted * true, WINDOW_PX) - mean * true_mean
        best = np.maximum(best, (covariance + FAINT) / (np.sqrt(variance * true_variance) + FAINT))
    return best, np.sqrt(true_variance)


def _moments(plane: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and variance in the window around each pixel."""
    mean = _soft(plane, WINDOW_PX)
    return mean, np.maximum(_soft(plane * plane, WINDOW_PX) - mean * mean, 0)


def _soft(picture: NDArray[np.float32], deviation_px: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), deviation_px), np.float32)


def _lab(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)


def _scaled(picture: NDArray, scale: float) -> NDArray:
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=method)
