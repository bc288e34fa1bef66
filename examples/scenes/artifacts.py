"""What generators do to print, done to a label's artwork, and the mask a hand would draw around it."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .textures import noise, soften

Art = NDArray[np.uint8]
Rect = tuple[int, int, int, int]  # left, top, right, bottom in pixels of the artwork


def _patch(rect: Rect) -> tuple[slice, slice]:
    return slice(rect[1], rect[3]), slice(rect[0], rect[2])


def _feather(height: int, width: int) -> NDArray:
    """(height, width, 1) weight that falls to 0 on the border, so that a patch has no seam."""
    y, x = (np.minimum(np.arange(n), np.arange(n)[::-1]) / n for n in (height, width))
    return np.clip(np.minimum(y[:, None], x[None, :]) * 14, 0, 1)[..., None]


def _put(art: Art, rect: Rect, patch: NDArray) -> Art:
    result = art.copy()
    weight = _feather(*patch.shape[:2])
    result[_patch(rect)] = (patch * weight + art[_patch(rect)] * (1 - weight)).round()
    return result


def melt(art: Art, rect: Rect, strength_px: float, cells: float, seed: int) -> Art:
    """Let the letters flow: a smooth random displacement of about `strength_px`."""
    patch = art[_patch(rect)]
    height, width = patch.shape[:2]
    grid = (cells * height / width, cells)
    shifts = [
        strength_px * noise((height, width), grid, 1, seed + axis) * _feather(height, width)[..., 0]
        for axis in (0, 1)
    ]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    moved = cv2.remap(
        patch,
        (x + shifts[0]).astype(np.float32),
        (y + shifts[1]).astype(np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )
    return _put(art, rect, moved)


def swirl(art: Art, rect: Rect, turn_deg: float) -> Art:
    """Twist the middle of the patch by `turn_deg`, less and less towards its border."""
    patch = art[_patch(rect)]
    height, width = patch.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    u, v = (x - width / 2) / (width / 2), (y - height / 2) / (height / 2)
    angle = np.radians(turn_deg) * np.clip(1 - np.hypot(u, v), 0, 1) ** 1.5
    # Turned in pixels of the shorter side, so that a wide patch stays inside itself.
    across, down = (
        u * np.cos(angle) - v * np.sin(angle) * height / width,
        u * np.sin(angle) * width / height + v * np.cos(angle),
    )
    moved = cv2.remap(
        patch,
        ((across + 1) * width / 2).astype(np.float32),
        ((down + 1) * height / 2).astype(np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )
    return _put(art, rect, moved)


def smear(art: Art, rect: Rect, length_px: int, angle_deg: float) -> Art:
    """Drag the wet print `length_px` along a direction."""
    patch = art[_patch(rect)]
    y, x = np.mgrid[-length_px : length_px + 1, -length_px : length_px + 1]
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    kernel = np.exp(-(((x * c + y * s) / length_px * 2) ** 2) - ((x * s - y * c) / (0.12 * length_px)) ** 2)
    dragged = cv2.filter2D(patch, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)
    return _put(art, rect, dragged)


def mirror(art: Art, rect: Rect) -> Art:
    """Write the patch backwards."""
    return _put(art, rect, art[_patch(rect)][:, ::-1])


def outline(changed: NDArray[np.bool_], margin_px: float, seed: int) -> NDArray[np.bool_]:
    """(H, W) mask as a hand draws it: the hull of the change, some margin, a wavering edge.

    Args:
        changed: (H, W), True where the picture changed.
        margin_px: for a picture 768 px high, in proportion for others.
        seed: of the wavering.
    """
    rows, columns = np.nonzero(changed)
    hull = cv2.convexHull(np.stack([columns, rows], -1).astype(np.int32))
    filled = cv2.fillConvexPoly(np.zeros(changed.shape, np.uint8), hull, 1)
    distance = cv2.distanceTransform(1 - filled, cv2.DIST_L2, 5)
    margin_px *= changed.shape[0] / 768
    waver = noise(changed.shape, (14, 14), 2, seed)
    return soften(distance < margin_px * (1 + 0.28 * waver), 2) > 0.5


def box_of(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns of the smallest box around the True pixels."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def carry(mask: NDArray[np.bool_], here: NDArray, there: NDArray, reach: float = 0.012) -> NDArray[np.bool_]:
    """Where the masked part of one photograph lies in the other.

    Args:
        mask: (H, W), True on the artifact.
        here: (H, W, 2) label coordinates of the masked photograph, NaN off the label.
        there: the same of the other photograph.
        reach: greatest distance in label coordinates to the nearest pixel of the masked photograph.

    Returns:
        (H, W) bool on the other photograph: True where its nearest point of the label is masked.
    """
    seen, wanted = np.isfinite(here[..., 0]), np.isfinite(there[..., 0])
    distance, nearest = cKDTree(here[seen]).query(there[wanted])
    region = np.zeros(mask.shape, bool)
    region[wanted] = mask[seen][nearest] & (distance < reach)
    return region


def pseudo_text(
    art: Art,
    rect: Rect,
    paper: tuple[int, int, int],
    ink: tuple[int, int, int],
    grid: tuple[int, int],
    seed: int,
) -> Art:
    """Fill the patch with `grid` (glyphs in a row, rows) glyphs of no alphabet."""
    rng = np.random.default_rng(seed)
    left, top, right, bottom = rect
    count, rows = grid
    step, line = (right - left) / (count + 1), (bottom - top) / rows
    result = art.copy()
    result[_patch(rect)] = paper
    for row in range(rows):
        middle = top + line * (row + 0.5)
        for glyph in range(count):
            if 0 < glyph < count - 1 and rng.uniform() < 0.13:
                continue
            _glyph(result, (left + step * (glyph + 1), middle), (0.74 * step, 0.52 * line), ink, rng)
    return result


def _glyph(
    art: Art,
    centre: tuple[float, float],
    size: tuple[float, float],
    ink: tuple[int, int, int],
    rng: np.random.Generator,
) -> None:
    """Two or three strokes between the corners and middles of a cell, some of them bent."""
    thick = max(2, round(0.19 * min(size[0] * 1.3, size[1])))
    places = [np.array(centre) + np.array(size) * (u, v) for u in (-0.5, 0, 0.5) for v in (-0.5, 0, 0.5)]
    for stroke in range(rng.integers(2, 4)):
        start, end = rng.choice(9, 2, replace=False)
        if stroke == 0:
            start, end = rng.choice([0, 3, 6]), rng.choice([2, 5, 8])
        bend = (places[start] + places[end]) / 2 + rng.normal(0, 0.28, 2) * size
        t = np.linspace(0, 1, 16)[:, None]
        curve = (1 - t) ** 2 * places[start] + 2 * t * (1 - t) * bend + t**2 * places[end]
        cv2.polylines(art, [(curve * 16).round().astype(np.int32)], False, ink, thick, cv2.LINE_AA, 4)
