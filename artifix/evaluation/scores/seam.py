"""How far the outline of the mask can be seen in the result."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from artifix.evaluation.scores.repaired import Repaired
from artifix.evaluation.scores.scorer import Column
from artifix.geometry import Box, box_of

BAND_PX = 2  # on either side of a line, over which colours are averaged before they are compared
BESIDE_PX = (4, 5, 6)  # from the outline to the lines that it is compared with, on either side of it
ALONG_PX = 15  # of the outline, over which steps are averaged: texture cancels, a seam does not
TEXTURE_PX = 31  # of the outline, over which the texture that hides a seam is measured
FAINT = 1.0  # Delta E; where steps are less, nothing hides a seam
LEAST_POINTS = 8  # a shorter outline says nothing
REACH_PX = max(BESIDE_PX) + BAND_PX


class SeamScorer:
    """Seam visibility: the step of colour across the mask's outline, beyond those on lines beside it.

    Along the outline and along lines parallel to it, `BESIDE_PX` inside and outside, the mean colour of the
    `BAND_PX` pixels on one side is taken from that on the other, in CIE Lab of the result, and the
    differences (vectors) are averaged over `ALONG_PX` neighbouring points: v(u) at u pixels from the outline.
    With n the mean length of the differences beside a point before they are averaged, which hide a seam:

        seam = max(0, mean of |v(0)| - |v(u)| over points and u in +-BESIDE_PX, weighted by 1 / (FAINT + n))

    Unit: Delta E (CIE 1976); 0 is invisible and best. What lies on the border of the image is no seam; nan
    where nothing else is left. An edge of the object itself that the outline follows counts as a seam, and a
    transition softer than some 2 * `BAND_PX` pixels does not.
    """

    name = "seam"
    columns = (Column("seam", "Delta E", "lower", 2),)

    def score(self, one: Repaired) -> dict[str, float]:
        """The column of one case."""
        return {"seam": seam_visibility(one.refined, one.mask)}


def seam_visibility(picture: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    """The seam of an (H, W, 3) RGB picture along the outline of (H, W) `mask`; see `SeamScorer`."""
    box = box_of(mask)
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    margin = 2 * REACH_PX
    around = Box(left - margin, top - margin, right + margin, bottom + margin).clip(*mask.shape)
    part, inside = picture[around.slices()], mask[around.slices()]
    lab = np.asarray(cv2.cvtColor(part.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    distance = _signed_distance(inside)
    lines = [_excess(*_profile(lab, distance, line)) for line in _outlines(inside)]
    excess, weight = (np.concatenate([np.empty(0), *parts]) for parts in zip(*lines, strict=True))
    if len(excess) < LEAST_POINTS:
        return float("nan")
    return max(0.0, float((excess * weight).sum() / weight.sum()))


def _signed_distance(inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(H, W) pixels from each pixel's centre to the outline, negative inside."""
    flags = inside.astype(np.uint8)
    within, beyond = (cv2.distanceTransform(side, cv2.DIST_L2, 5) for side in (flags, 1 - flags))
    return np.asarray(np.where(inside, 0.5 - within, beyond - 0.5), np.float32)


def _outlines(inside: NDArray[np.bool_]) -> list[NDArray[np.float32]]:
    """(N, 2) outermost pixels (x, y) of each part of the mask and around each hole, neighbours in turn."""
    lines, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return [line[:, 0].astype(np.float32) for line in lines]


def _profile(
    lab: NDArray[np.float32], distance: NDArray[np.float32], line: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Colours across an outline.

    Returns:
        (2 * REACH_PX, N, 3) Lab at N points and so many pixels along their normals; the outline lies in the
        middle, the inside comes first. (2 * REACH_PX, N) False where that place is not in the picture, or
        nearer to another stretch of the outline.
    """
    soft = cv2.GaussianBlur(distance, (0, 0), 2)
    slope = np.stack([cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)], -1)
    column, row = line.astype(np.intp).T
    normal = slope[row, column]
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    steps = np.arange(2 * REACH_PX, dtype=np.float32) - (REACH_PX - 1)
    # The outline lies half a pixel beyond its outermost pixels, which need not be straight.
    start = -0.5 - distance[row, column]
    places = line + (steps[:, None] + start)[..., None] * normal
    height, width = distance.shape
    here = ((places >= 0) & (places <= np.array([width - 1, height - 1]))).all(-1)
    x, y = np.ascontiguousarray(places[..., 0]), np.ascontiguousarray(places[..., 1])
    found = cv2.remap(distance, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    here &= np.abs(found - (steps[:, None] - 0.5)) <= 1
    colours = cv2.remap(lab, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(colours, np.float32), here


def _excess(
    profile: NDArray[np.float32], here: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The step across the outline less those beside it, at its points that have both; their weights."""
    across, here_too = _step(profile, here, 0)
    seam = np.linalg.norm(_along(across, here_too, ALONG_PX), axis=1)
    smooth, rough, count = (np.zeros(len(seam)) for _ in range(3))
    for at in (side * u for u in BESIDE_PX for side in (-1, 1)):
        step, there = _step(profile, here, at)
        length = np.linalg.norm(step, axis=1)[:, None]
        smooth += np.linalg.norm(_along(step, there, ALONG_PX), axis=1) * there
        rough += _along(length, there, TEXTURE_PX)[:, 0] * there
        count += there
    known = here_too & (count > 0)
    excess = seam[known] - smooth[known] / count[known]
    return excess, 1 / (FAINT + rough[known] / count[known])


def _step(
    profile: NDArray[np.float32], here: NDArray[np.bool_], at: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(N, 3) steps across the line at `at` pixels from the outline, 0 where unknown, and (N,) where known."""
    middle = REACH_PX + at
    inner, outer = slice(middle - BAND_PX, middle), slice(middle, middle + BAND_PX)
    known = np.asarray(np.concatenate([here[inner], here[outer]]).all(0), np.bool_)
    step = (profile[outer].mean(0) - profile[inner].mean(0)).astype(np.float64)
    return step * known[:, None], known


def _along(values: NDArray[np.float64], known: NDArray[np.bool_], window: int) -> NDArray[np.float64]:
    """(N, C) the mean of the known of `window` neighbours along a closed line, 0 where there are none."""
    reach = min(window, len(known))
    share = uniform_filter1d(known.astype(np.float64), reach, mode="wrap")
    mean = uniform_filter1d(values, reach, axis=0, mode="wrap")
    return np.asarray(mean / np.maximum(share, 1e-6)[:, None])
