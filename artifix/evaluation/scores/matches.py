"""How much of the repaired part is found again in the matched region of the reference."""

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError
from artifix.evaluation.scores.parts import square_of
from artifix.evaluation.scores.repaired import Repaired
from artifix.evaluation.scores.scorer import Column
from artifix.matching.installed import INSTALL, XFEAT, xfeat_path
from artifix.matching.pictures import Pictures
from artifix.matching.xfeat import Features, describe, match_described

SIDE_PX = 256  # of the square pictures of both parts, which XFeat enlarges twice
CONTEXT = 1.25  # side of what they show, in longer sides of the mask's or the region's box
TOLERANCE_PX = 10.0  # of what XFeat reads; how far a match may lie from where the transform has it
MARGIN_PX = 8  # of the square picture; matches may lie so far outside the region, which is rarely exact
LEAST_MATCHES = 4  # an affine transform fits any three
MOST_REMEMBERED = 64  # regions of references, which all methods are compared with
AREA_PX = 10_000


class MatchScorer:
    """Match score: verified learned matches of the repaired part with the matched region, by area.

    The squares around mask and region, `CONTEXT` times the longer side of their boxes, are brought to
    `SIDE_PX`. XFeat's semi-dense features under the mask are matched with those in the region, each the
    other's nearest; of the matches those count that fit one affine transform (RANSAC) within `TOLERANCE_PX`:

        matches = 10,000 * count / pixels of the mask in what XFeat reads

    Unit: matches per 10,000 px of the mask as it is read, so that it does not hang on the size of the image;
    more is better, 0 where fewer than `LEAST_MATCHES` are found. nan where the reference shows no features.
    Where no region is known, image and reference are read whole, so that the sizes of the object in both may
    agree, and all of the reference is searched: such scores are lower, and compare with each other only.

    Raises:
        InputError: XFeat is not installed.
    """

    name = "matches"
    columns = (Column("matches", "per 10,000 px", "higher", 1),)

    def __init__(self, device: str = "cpu") -> None:
        if xfeat_path() is None:
            raise InputError(f"matches: {XFEAT} is not installed", INSTALL)
        self._device = device

    def score(self, one: Repaired) -> dict[str, float]:
        """The column of one case."""
        place = one.place
        others = _described(Pictures(one.reference, *([] if place is None else [place])), self._device)
        if not len(others):
            return {"matches": float("nan")}
        picture, inside = one.refined, one.mask
        if place is not None:
            crop = square_of(one.mask, CONTEXT, SIDE_PX)
            picture, inside = crop.cut(one.refined), crop.share(one.mask) > 0.5
        features = describe(picture, self._device, inside)
        matches = match_described(features, others, inside)
        count = _verified(matches.reference, matches.image, TOLERANCE_PX / features.scale)
        return {"matches": AREA_PX * count / (max(int(inside.sum()), 1) * features.scale**2)}


@functools.lru_cache(MOST_REMEMBERED)
def _described(pictures: Pictures, device: str) -> Features:
    """What XFeat sees in a region of a reference, or in all of it."""
    reference, *places = pictures.parts
    try:
        if not places:
            return describe(reference, device)
        crop = square_of(places[0], CONTEXT, SIDE_PX)
        near = np.ones((2 * MARGIN_PX + 1,) * 2, np.uint8)
        inside = cv2.dilate((crop.share(places[0]) > 0.5).astype(np.uint8), near) > 0
        return describe(crop.cut(reference), device, inside)
    finally:
        pictures.parts = ()  # of what is remembered, only the features take memory


def _verified(reference: NDArray[np.float64], image: NDArray[np.float64], tolerance_px: float) -> int:
    """How many of (N, 2) pairs of points one affine transform maps on each other, in pixels of `image`."""
    if len(image) < LEAST_MATCHES:
        return 0
    # Backwards, so that the tolerance is in pixels of the part; OpenCV's seed is fixed.
    _, kept = cv2.estimateAffine2D(reference, image, None, cv2.RANSAC, tolerance_px, 2000, 0.999)
    return 0 if kept is None else int(kept.sum())
