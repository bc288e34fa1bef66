"""How good a location and a repair are."""

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from artifix.geometry import box_of
from artifix.inputs.images import eight_bit


def psnr_db(refined: NDArray, truth: NDArray, mask: NDArray[np.bool_]) -> float:
    """PSNR at 8 bit inside (H, W) `mask` of two (H, W, 3) pictures [dB]; 100 at most."""
    error = float(((eight_bit(refined).astype(np.float64) - eight_bit(truth)) ** 2)[mask].mean())
    return min(10 * np.log10(255**2 / max(error, 1e-6)), 100.0)


def ssim(refined: NDArray, truth: NDArray, mask: NDArray[np.bool_]) -> float:
    """Structural similarity (Wang et al. 2004) at 8 bit, the mean of its map inside `mask`."""
    _, similarity = structural_similarity(eight_bit(refined), eight_bit(truth), channel_axis=2, full=True)
    return float(similarity[mask].mean())


def iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Intersection over union; 0 for two empty regions."""
    return float((a & b).sum() / max(int((a | b).sum()), 1))


def box_iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Intersection over union of the boxes around two regions."""
    return iou(filled_box(a), filled_box(b))


def pointing_hit(found: NDArray[np.bool_], true: NDArray[np.bool_]) -> bool:
    """Whether the centroid of the region found lies in the box around the true one."""
    rows, columns = np.nonzero(found)
    return bool(rows.size and filled_box(true)[int(rows.mean()), int(columns.mean())])


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
