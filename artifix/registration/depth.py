"""The depth of what surrounds the mask, swept as in stereo, and of what the artifact hides.

Behind the artifact the image shows none, but the reference does show the part: its pixels take the depth of
those around it that are nearest without crossing an edge of colour (Revaud et al. 2015, "EpicFlow").
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from artifix.geometry import Box, Crop, box_of, transform_points
from artifix.registration import tuning
from artifix.registration.disparity import STEPS, DisparityMap
from artifix.registration.parallax import Parallax
from artifix.registration.sampling import grid_of, sample
from artifix.scene import Scene


@dataclass(frozen=True, eq=False)
class _Frame:
    """Image and reference around the mask, turned so that depth moves points along rows."""

    to_image: NDArray[np.float64]  # (3, 3) of working points
    picture: NDArray[np.uint8]  # (h, w, 3) the image
    seen: NDArray[np.bool_]  # (h, w) where it is to be trusted
    reference: NDArray[np.uint8]  # (h, w, 3), as the parallax's matrix maps it
    shown: NDArray[np.bool_]  # (h, w) where it shows


def disparity_of(scene: Scene, parallax: Parallax, surface: NDArray[np.float64]) -> DisparityMap | None:
    """How depth displaces the image around the mask; None where the sweep would be too wide or tells nothing.

    Args:
        scene: its mask has a True pixel.
        parallax: between image and reference.
        surface: (3, 3) image to reference, of a surface around the mask; how depth slants is taken from it.
    """
    tuned = tuning.REGISTRATION
    crop = _crop_around(box_of(scene.mask))
    scale = crop.size[1] / crop.box.width
    frame = _framed(scene, parallax, crop, scale)
    low = round(parallax.low * scale) - tuned.depth_slack_px
    high = round(parallax.high * scale) + tuned.depth_slack_px
    if high - low > tuned.depth_most_sweep * max(frame.shown.shape):
        return None
    shift, known = _swept(frame, low, high)
    if known.mean() < tuned.depth_least_known:
        return None
    flat = _shift_on(frame, parallax.matrix, surface)
    shift = flat + _filled(frame.reference, shift - flat, known)
    sheets = [_turned_over(shift, frame.shown, order) for order in (1, -1)]
    differ = np.abs(sheets[0] - sheets[1]) > tuned.depth_tear_px
    sheet = min(sheets, key=lambda s: _unlikeness(frame, s, differ))
    at = np.round(transform_points(np.linalg.inv(frame.to_image), grid_of(crop)))
    x, y = np.clip(at, 0, [sheet.shape[1] - 1, sheet.shape[0] - 1]).astype(np.intp).T
    most = np.iinfo(np.int16).max
    steps = np.clip(np.round(sheet[y, x] / scale * STEPS), -most, most).reshape(crop.size).astype(np.int16)
    return DisparityMap(crop.box, tuple(parallax.direction.tolist()), steps)


def _crop_around(inner: Box) -> Crop:
    tuned = tuning.REGISTRATION
    pad = max(tuned.depth_least_reach_px, round(tuned.depth_reach * max(inner.width, inner.height)))
    box = Box(inner.left - pad, inner.top - pad, inner.right + pad, inner.bottom + pad)
    scale = min(1.0, tuned.depth_side_px / max(box.width, box.height))
    return Crop(box, (round(box.height * scale), round(box.width * scale)))


def _framed(scene: Scene, parallax: Parallax, crop: Crop, scale: float) -> _Frame:
    box, (cosine, sine) = crop.box, parallax.direction
    sides = np.abs([[sine, cosine], [cosine, sine]]) @ [box.width, box.height]
    height, width = size = tuple(np.ceil(scale * sides).astype(int).tolist())
    to_image = np.eye(3)
    to_image[:2, :2] = np.array([[cosine, -sine], [sine, cosine]]) / scale
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    to_image[:2, 2] = np.array(box.centre) - 0.5 - to_image[:2, :2] @ middle
    points = transform_points(to_image, _pixels(size))
    picture, inside = sample(scene.image, points, size)
    covered, _ = sample(scene.hidden.astype(np.float32), points, size)
    guard = np.ones((2 * tuning.REGISTRATION.depth_bleed_px + 1,) * 2, np.uint8)
    clear = cv2.dilate((covered > 0.01).astype(np.uint8), guard) == 0
    seen, shown = sample(scene.reference, transform_points(parallax.matrix, points), size)
    return _Frame(to_image, _bytes(picture), inside & clear, _bytes(seen), shown)


def _pixels(size: tuple[int, int]) -> NDArray[np.float64]:
    """(h*w, 2) points (x, y) of a picture's pixels, row by row."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    return np.column_stack([columns.ravel(), rows.ravel()]).astype(np.float64)


def _shift_on(
    frame: _Frame, matrix: NDArray[np.float64], surface: NDArray[np.float64]
) -> NDArray[np.float32]:
    """(h, w) how far along its row each pixel of the reference is displaced, if it lies on the surface."""
    height, width = frame.shown.shape
    points = _pixels((height, width))
    there = np.linalg.inv(frame.to_image) @ np.linalg.inv(surface) @ matrix @ frame.to_image
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = transform_points(there, points)
    return np.asarray(np.nan_to_num(points - moved)[:, 0].reshape(height, width), np.float32)


def _bytes(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def _swept(frame: _Frame, low: int, high: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """How far along its row each pixel of the reference lies from where the image shows it; where known.

    A point of the image at x lies in the reference at x + d; `shift` is d, from the reference's pixels.
    """
    forth = _matched(frame.reference, frame.picture, low, high)
    back = _matched(frame.picture, frame.reference, -high, -low)
    rows, columns = np.mgrid[: forth.shape[0], : forth.shape[1]].astype(np.float32)
    at = columns - np.nan_to_num(forth, nan=1e4), rows
    returned = cv2.remap(np.nan_to_num(back, nan=1e4), *at, cv2.INTER_NEAREST, borderValue=1e4)
    seen = cv2.remap(frame.seen.astype(np.uint8), *at, cv2.INTER_NEAREST, borderValue=0) > 0
    return forth, (np.abs(forth + returned) < tuning.REGISTRATION.depth_tear_px) & seen & frame.shown


def _matched(a: NDArray[np.uint8], b: NDArray[np.uint8], low: int, high: int) -> NDArray[np.float32]:
    """(h, w) d with a(x) like b(x - d), nan where none is sure."""
    tuned = tuning.REGISTRATION
    count = int(np.ceil((high - low + 1) / 16) * 16)
    pad = count + abs(low) + tuned.depth_block_px
    wide = [cv2.copyMakeBorder(p, 0, 0, pad, pad, cv2.BORDER_REPLICATE) for p in (a, b)]
    area = 3 * tuned.depth_block_px**2
    matcher = cv2.StereoSGBM.create(
        minDisparity=low,
        numDisparities=count,
        blockSize=tuned.depth_block_px,
        P1=8 * area,
        P2=32 * area,
        disp12MaxDiff=1,
        preFilterCap=31,
        uniquenessRatio=5,
        speckleWindowSize=50,
        speckleRange=2,
        mode=cv2.STEREO_SGBM_MODE_HH,
    )
    found = matcher.compute(*wide)[:, pad:-pad].astype(np.float32) / 16
    return np.where(found < low, np.float32(np.nan), found)


def _filled(
    picture: NDArray[np.uint8], values: NDArray[np.float32], known: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Each unknown pixel's value from the known one that is nearest along paths of even colour."""
    height, width = known.shape
    smooth = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 0.7)
    index = np.arange(height * width).reshape(height, width)
    starts, ends, costs = [], [], []
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = slice(0, height - down), slice(max(0, -right), width - max(0, right))
        b = slice(down, height), slice(max(0, right), width + min(0, right))
        starts.append(index[a].ravel())
        ends.append(index[b].ravel())
        step = np.linalg.norm(smooth[a] - smooth[b], axis=-1)
        costs.append((step + tuning.REGISTRATION.depth_even_cost * np.hypot(down, right)).ravel())
    start, end, cost = (np.concatenate(parts) for parts in (starts, ends, costs))
    graph = sparse.csr_matrix((cost, (start, end)), shape=(index.size,) * 2)
    sources = np.flatnonzero(known)
    _, _, nearest = csgraph.dijkstra(
        graph, directed=False, indices=sources, min_only=True, return_predecessors=True
    )
    return values.ravel()[nearest].reshape(height, width)


def _turned_over(shift: NDArray[np.float32], shown: NDArray[np.bool_], order: int) -> NDArray[np.float32]:
    """The shift at each pixel of the image, from that of each pixel of the reference.

    Where two sheets meet, the one of larger `order * shift` is in front.
    """
    height, width = shift.shape
    rows, columns = np.nonzero(shown)
    d = shift[rows, columns]
    at = np.round(columns - d).astype(np.intp)
    inside = (at >= 0) & (at < width)
    depth = np.full((height, width), -np.inf, np.float32)
    np.maximum.at(depth, (rows[inside], at[inside]), order * d[inside])
    met = np.isfinite(depth)
    nearest = ndimage.distance_transform_edt(~met, return_distances=False, return_indices=True)
    return ndimage.median_filter(order * depth[tuple(nearest)], tuning.REGISTRATION.depth_speck_px)


def _unlikeness(frame: _Frame, sheet: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    """Mean difference of image and reference at the pixels `where`, as far as the image is seen."""
    rows, columns = np.mgrid[: sheet.shape[0], : sheet.shape[1]].astype(np.float32)
    shown = cv2.remap(
        frame.reference, columns + sheet, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    error = np.abs(shown.astype(np.float32) - frame.picture).mean(-1)[where & frame.seen]
    return float(error.mean()) if error.size else 0.0
