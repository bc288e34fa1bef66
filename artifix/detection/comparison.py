"""How far image and reference disagree, seen in several ways, each a plane over the frame.

The numbers here are part of what the weights in `disagreement.safetensors` were fitted to: who changes one
fits them anew.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.detection.laying import Laid
from artifix.detection.learned import learned_planes
from artifix.detection.light import light_planes
from artifix.detection.plane import Plane, cells_of, grey_of, in_cells, shifted, shifts, soft
from artifix.matching.descriptors import soft_features

_DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))
_REACH = (1, 2, 4, 8, 16, 16)  # cells; steps whose sum is how far agreement is looked for


def planes_of(laid: Laid) -> dict[str, Plane]:
    """Planes (h / STRIDE, w / STRIDE) float32 by name.

    Disagreement: structure_small, structure_mid, structure_large, light, colour, strokes, detail_fine,
    detail_coarse, learned_near, learned_far (where XFeat is installed), flow. What there is to compare:
    enclosed, enclosed_all, text_ref, text_img, texture_ref, texture_img, support, valid, agreement.
    """
    size = cells_of(laid.crop.size)
    valid = in_cells(laid.valid.astype(np.float32), size)
    told = _structure(laid, size)
    texture = {name: _texture(picture, size) for name, picture in _pictures(laid)}
    likeness = 1 - told["structure_mid"]
    telling = np.clip(texture["ref"] * texture["img"] / 2, 0, 1)
    agreement = soft(np.clip(likeness * telling, 0, 1) * valid, 1.5)
    told |= _enclosure(agreement)
    weight = valid * np.clip(likeness, 0.02, 1) * np.clip(told["enclosed"], 0.02, 1)
    told |= light_planes(laid, size, weight)
    told["strokes"] = _strokes(laid, size)
    told |= _sharpness(laid, size)
    told |= learned_planes(laid, size)
    told["flow"] = in_cells(np.minimum(laid.flow, 20) / 10, size)
    told |= {f"text_{name}": _print_like(picture, size) for name, picture in _pictures(laid)}
    told |= {f"texture_{name}": plane for name, plane in texture.items()}
    told["support"] = _support(laid, size)
    return told | {"valid": valid, "agreement": agreement}


def _pictures(laid: Laid) -> list[tuple[str, NDArray[np.uint8]]]:
    return [("ref", laid.reference), ("img", laid.image)]


def _structure(laid: Laid, size: tuple[int, int]) -> dict[str, Plane]:
    """1 - the structural part of SSIM (Wang et al. 2004) at three window sizes, at the best slight shift."""
    half = max(1, laid.crop.size[1] // 2), max(1, laid.crop.size[0] // 2)
    image, other = (
        cv2.resize(grey_of(p), half, interpolation=cv2.INTER_AREA) for p in (laid.image, laid.reference)
    )
    told = {}
    for name, sigma, reach in (("small", 2.0, 3), ("mid", 4.0, 3), ("large", 8.0, 2)):
        mean, other_mean = soft(image, sigma), soft(other, sigma)
        spread = np.maximum(soft(image * image, sigma) - mean * mean, 0)
        other_spread = np.maximum(soft(other * other, sigma) - other_mean * other_mean, 0)
        # contrast of the reference as in the image, by and large
        gain = np.sqrt((soft(spread, 24) + 10) / (soft(other_spread, 24) + 10))
        best = np.full(image.shape, -1, np.float32)
        for down, right in shifts(reach):
            both = soft(image * shifted(other, down, right), sigma) - mean * shifted(other_mean, down, right)
            theirs = shifted(other_spread, down, right) * gain * gain
            best = np.maximum(best, (2 * gain * both + 40) / (spread + theirs + 40))
        told[f"structure_{name}"] = in_cells(np.clip(1 - best, 0, 1.5), size)
    return told


def _texture(picture: NDArray[np.uint8], size: tuple[int, int]) -> Plane:
    """Log of the local spread of the greys, about 0 to 4."""
    grey = grey_of(picture)
    mean = soft(grey, 6)
    spread = np.sqrt(np.maximum(soft(grey * grey, 6) - mean * mean, 0))
    return np.asarray(np.log1p(in_cells(spread, size) / 4), np.float32)


def _print_like(picture: NDArray[np.uint8], size: tuple[int, int]) -> Plane:
    """How far strokes run in all directions, as in print: the lesser eigenvalue of the structure tensor."""
    grey = soft(grey_of(picture), 1)
    right, down = (cv2.Sobel(grey, cv2.CV_32F, *order, ksize=3, scale=1 / 8) for order in ((1, 0), (0, 1)))
    across, along, both = (soft(p, 8) for p in (right * right, down * down, right * down))
    least = (across + along) / 2 - np.sqrt(((across - along) / 2) ** 2 + both * both)
    return np.asarray(np.log1p(in_cells(np.maximum(least, 0), size)) / 3, np.float32)


def _enclosure(agreement: Plane) -> dict[str, Plane]:
    """How far agreement lies all around: of the best in eight directions the second and the fourth least."""
    found = []
    height, width = agreement.shape
    for down, right in _DIRECTIONS:
        most = agreement
        for step in _REACH:
            y, x = down * step, right * step
            moved = np.zeros_like(most)
            if abs(y) < height and abs(x) < width:
                moved[max(0, -y) : height - max(0, y), max(0, -x) : width - max(0, x)] = most[
                    max(0, y) : height - max(0, -y), max(0, x) : width - max(0, -x)
                ]
            most = np.maximum(most, moved)
        found.append(most)
    order = np.sort(np.stack(found), axis=0)
    return {"enclosed": order[3], "enclosed_all": order[1]}


def _strokes(laid: Laid, size: tuple[int, int]) -> Plane:
    """1 - cosine of the pooled directions of strokes, at the best slight shift."""
    both = []
    for picture in (laid.image, laid.reference):
        planes = soft_features(picture)[..., [0, 1, 2, 3, 6]]  # four directions, and light on its ground
        both.append(np.dstack([in_cells(np.ascontiguousarray(planes[..., k]), size) for k in range(5)]))
    first, second = both
    best = np.full(size, -1, np.float32)
    for down, right in shifts(1):
        moved = shifted(second, down, right)
        norm = np.sqrt(soft((first**2).sum(-1), 1.5) * soft((moved**2).sum(-1), 1.5))
        best = np.maximum(best, (soft((first * moved).sum(-1), 1.5) + 0.3) / (norm + 0.3))
    return np.asarray(np.clip(1 - best, 0, 1.5), np.float32)


def _sharpness(laid: Laid, size: tuple[int, int]) -> dict[str, Plane]:
    """Log ratio of detail, image over reference: a smear has less of it, a wrong print may have more."""
    told = {}
    for name, sigma in (("fine", 1.0), ("coarse", 2.5)):
        detail = []
        for picture in (laid.image, laid.reference):
            grey = grey_of(picture)
            high = np.abs(soft(grey, sigma) - soft(grey, 2 * sigma))
            detail.append(np.log(in_cells(soft(high, 6), size) + 0.7))
        told[f"detail_{name}"] = np.asarray(detail[0] - detail[1], np.float32)
    return told


def _support(laid: Laid, size: tuple[int, int]) -> Plane:
    """Matches that lie on the warp, per area, in [0, 1)."""
    count = np.zeros(size, np.float32)
    cell = np.array(laid.crop.size[::-1]) / np.array(size[::-1])
    columns, rows = (laid.points / cell).astype(int).T
    inside = (columns >= 0) & (rows >= 0) & (columns < size[1]) & (rows < size[0])
    np.add.at(count, (rows[inside], columns[inside]), 1)
    return np.asarray(1 - np.exp(-20 * soft(count, 4)), np.float32)
