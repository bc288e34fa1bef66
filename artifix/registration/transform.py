"""The match pool: from image to reference, verified on the ring around the mask."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box, Crop, box_of, some_points, transform_points
from artifix.matching.sift import FEATURES
from artifix.registration.candidates import Candidate, is_plausible, propose
from artifix.registration.context_band import WINDOW_PX, Ring, ring_around, verdict
from artifix.registration.depth import relief_of
from artifix.registration.disparity import Relief
from artifix.registration.parallax import find_parallax
from artifix.registration.polish import FREEDOMS, polish
from artifix.registration.sampling import outlined, points_on, sample, scattered
from artifix.registration.spline import Bend, is_smooth
from artifix.registration.spline_fit import CURVATURES, fit_bend, polish_bend
from artifix.scene import Matches, Scene

LEAST_SIDE_PX = 16  # smaller pictures hold no verifiable context
LEAST_INSIDE = 0.9  # of the mask must lie inside the reference
LEAST_WITHIN = 0.5  # ... and inside the part that was given by hand, which is drawn roughly
LEAST_AGREEMENT = 0.35  # proves a transform; of unrelated pictures the best candidates stayed below 0.1
LEAST_EXACT_AGREEMENT = 0.6  # of coarse matches; a ring explained by half leaves the print a little off
SHARP_INLIERS, LEAST_SHARP_AGREEMENT = 30, 0.1  # so many exact matches need less of it
LEAST_SPEECH = 0.1  # of a ring; where it says less, so many exact matches decide alone
INLIERS_WORTH = 0.02  # of agreement, for twice the inliers: of near equals the better supported is right
MOST_POINTS = 500  # of the mask, that are looked up
POLISHED = 6  # this many candidates are worth polishing
LEAST_ERROR_PX = 4.0  # of a candidate at the ring's edge, in working pixels
WORTH_BENDING = 0.04  # of agreement; flat scenes gain less from a bend
WORTH_FREEDOM = 0.01  # of agreement, for a freer bend over a stiffer one
SAME_PX = LEAST_ERROR_PX / 2  # candidates that differ by less than this are polished into the same one
WORTH_TEARING = 0.05  # of agreement; a relief is freer than a bend, and must gain more
STRAY = 0.1  # of the matches around the mask must contradict the transform before depth is sought
FINE_PX = 1_000_000  # pixels of a picture, above which a bend is looked up at some and interpolated between
COARSE_PX = 8.0  # matches less exact than this, in working pixels, start the polish with a wider window


@dataclass(frozen=True, eq=False)
class Transform:
    """Where the image's pixels lie in the reference.

    Attributes:
        matrix: (3, 3) float64, image points (x, y, 1) to reference points, full-resolution pixels.
        agreement: of the warped reference with the ring around the mask, in [-1, 1].
        source: of the matches: "sift", "attention", ...
        model: "similarity", "affine" or "homography".
        inliers: number of matches that fit.
        tolerance_px: of those matches, in pixels of the image.
        bend: displaces image points before the matrix maps them, where the surface is not flat, or torn.
        speech: how much the ring had to say, in [0, 1].
    """

    matrix: NDArray[np.float64]
    agreement: float
    source: str
    model: str
    inliers: int
    tolerance_px: float
    bend: Bend | Relief | None = None
    speech: float = 1.0

    @property
    def merit(self) -> float:
        """What candidates compete by: agreement, and a little for support by exact matches."""
        support = float(np.log2(max(self.inliers, 1))) if self.source == FEATURES else 0.0
        return self.agreement + INLIERS_WORTH * support

    @property
    def is_proved(self) -> bool:
        """Whether the ring agrees, or does not contradict many exact matches."""
        supported = self.source == FEATURES and self.inliers >= SHARP_INLIERS
        if supported and self.speech < LEAST_SPEECH:
            return True
        return self.agreement >= (LEAST_SHARP_AGREEMENT if supported else LEAST_AGREEMENT)

    @property
    def proof(self) -> float:
        """The ring's agreement in [0, 1]; 1 where it has nothing to say, and many exact matches decide."""
        if self.speech < LEAST_SPEECH and self.is_proved and self.agreement < LEAST_AGREEMENT:
            return 1.0
        return max(self.agreement, 0.0)

    @property
    def is_exact(self) -> bool:
        """Whether pixels can be compared one by one, beyond being proved."""
        return self.is_proved and (self.source == FEATURES or self.agreement >= LEAST_EXACT_AGREEMENT)

    def points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Reference points (x, y) of (N, 2) image points."""
        points = points if self.bend is None else self.bend.points(points)
        with np.errstate(divide="ignore", invalid="ignore"):  # points on the horizon are far away: inf
            return transform_points(self.matrix, points)

    @classmethod
    def of_candidate(cls, candidate: Candidate) -> "Transform":
        """A candidate that the ring was not asked about."""
        support = candidate.source, candidate.model, candidate.inliers, candidate.tolerance_px
        return cls(candidate.matrix, -1.0, *support)

    @property
    def flat(self) -> "Transform":
        """The same without its bend."""
        return replace(self, bend=None)

    def explains(self, matches: Matches, slack: float = 1.0) -> NDArray[np.bool_]:
        """(N,) True where a match agrees with the transform, to within `slack` times its tolerance."""
        half = np.array([0.5, 0.0])
        with np.errstate(invalid="ignore"):  # beyond the horizon lies nothing: nan is not within
            error_px = np.linalg.norm(self.points(matches.image) - matches.reference, axis=1)
            right, down = (
                self.points(matches.image + step) - self.points(matches.image - step)
                for step in (half, half[::-1])
            )
            area = np.abs(right[:, 0] * down[:, 1] - right[:, 1] * down[:, 0])
            return np.asarray(error_px <= slack * matches.tolerance_px * np.sqrt(area), np.bool_)

    def region(self, mask: NDArray[np.bool_], reference_shape: Sequence[int]) -> NDArray[np.bool_]:
        """(H, W) `mask` of the image, in the reference: (Hr, Wr) bool."""
        if isinstance(self.bend, Relief):
            fine = int(np.ceil(2 * np.sqrt(abs(np.linalg.det(self.matrix[:2, :2])))))
            return scattered(mask, self.points, reference_shape, fine)
        if self.bend is not None and mask.any():
            return outlined(mask, self.points, reference_shape)
        size = reference_shape[1], reference_shape[0]
        return cv2.warpPerspective(mask.astype(np.uint8), self.matrix, size, flags=cv2.INTER_NEAREST) > 0

    def warp_reference(
        self, reference: NDArray, box: Box, out_size: tuple[int, int]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The reference in the frame of a crop of the image, sampled once, at its own resolution.

        Args:
            reference: (Hr, Wr, C) uint8, uint16 or float32.
            box: of the image, in its pixels.
            out_size: (height, width) the crop is resized to.

        Returns:
            (h, w, C) float32 in the reference's range, and (h, w) bool: True where the reference shows.
        """
        crop = Crop(box, out_size)
        smooth = isinstance(self.bend, Bend)  # reliefs are torn, and matrices cost little
        return sample(reference, points_on(crop, self.points, FINE_PX if smooth else None), out_size)


def find_transform(scene: Scene, pool: Iterable[Matches]) -> Transform | None:
    """The best transform that any matches of the pool propose, or None where none is proved."""
    mask, sides = scene.mask, (*scene.image.shape[:2], *scene.reference.shape[:2])
    if min(sides) < LEAST_SIDE_PX or not mask.any() or mask.all():
        return None
    best = best_transform(scene, pool)
    return best if best is not None and best.is_proved else None


def best_transform(scene: Scene, pool: Iterable[Matches]) -> Transform | None:
    """The plausible candidate of the most merit, polished, a proved one before all that are not; or None.

    Args:
        scene: its mask has a True pixel, and a False one.
        pool: matches of all kinds, which compete.
    """
    pool, reference, mask_box = list(pool), scene.reference, box_of(scene.mask)
    ring = ring_around(scene.image, scene.mask, scene.hidden)
    proposed = [
        Transform.of_candidate(candidate)
        for matches in pool
        for candidate in propose(matches, mask_box)
        if is_plausible(candidate.matrix, ring.crop.box)
    ]
    candidates = [rate(t, ring, reference) for t in proposed if lands(t, scene)]
    candidates.sort(key=lambda t: t.merit, reverse=True)
    # The best that is proved already is among them: coarse matches agree by chance more than exact ones must.
    chosen = candidates[:POLISHED] + [t for t in candidates[POLISHED:] if t.is_proved][:1]
    better = [polish_on(t, ring, reference) for t in distinct(chosen, ring.crop, SAME_PX)]
    better = [t for t in better if lands(t, scene)]
    best = max(better, key=lambda t: (t.is_proved, t.merit), default=None)
    if best is None or not best.is_proved:  # a bend is free enough to prove anything: it may only correct
        return best
    bent = _bent(best, pool, ring, mask_box, reference)
    best = bent if lands(bent, scene) else best
    torn = _torn(best, pool, ring, scene)
    return torn if lands(torn, scene) else best


def polished(scene: Scene, transform: Transform) -> Transform:
    """The transform, corrected on the ring around the mask where the reference agrees better with one."""
    ring = ring_around(scene.image, scene.mask, scene.hidden)
    rated = rate(transform, ring, scene.reference)
    better = polish_on(rated, ring, scene.reference)
    return better if lands(better, scene) else rated


def lands(transform: Transform, scene: Scene) -> bool:
    """Whether the masked part lies inside the reference, and in the part given by hand, if one was."""
    points = transform.points(some_points(scene.mask, MOST_POINTS))
    height, width = scene.reference.shape[:2]
    x, y = points.T
    shown = (x > -0.5) & (y > -0.5) & (x < width - 0.5) & (y < height - 0.5)
    if shown.mean() < LEAST_INSIDE or scene.within is None:
        return bool(shown.mean() >= LEAST_INSIDE)
    column, row = np.round(points[shown]).astype(np.intp).T
    return bool(scene.within[row, column].mean() >= LEAST_WITHIN)


def rate(transform: Transform, ring: Ring, reference: NDArray[np.uint8]) -> Transform:
    """The transform with what the ring says of it."""
    seen = transform.warp_reference(reference, ring.crop.box, ring.crop.size)
    said, speech = verdict(ring, *seen)
    return replace(transform, agreement=said, speech=speech)


def distinct(transforms: Iterable[Transform], crop: Crop, apart: float) -> list[Transform]:
    """Those that lie farther from all before them, at a corner of the crop, than `apart` of its pixels."""
    box, scale = crop.box, crop.size[1] / crop.box.width
    corners = np.array([[x, y] for x in (box.left, box.right) for y in (box.top, box.bottom)], np.float64)
    kept: list[Transform] = []
    for transform in transforms:
        points = transform.points(corners)
        with np.errstate(divide="ignore", invalid="ignore"):  # beyond another's horizon
            back = [transform_points(np.linalg.inv(earlier.matrix), points) for earlier in kept]
        if not any(np.abs(b - corners).max() * scale < apart for b in back):
            kept.append(transform)
    return kept


def polish_on(transform: Transform, ring: Ring, reference: NDArray[np.uint8]) -> Transform:
    """The transform, corrected from stiff to free for as long as the ring agrees better."""
    error_px = max(LEAST_ERROR_PX, transform.tolerance_px * ring.crop.size[1] / ring.crop.box.width)
    windows_px = (3 * WINDOW_PX, WINDOW_PX) if error_px > COARSE_PX else (WINDOW_PX,)
    best = transform
    for window_px, model in product(windows_px, FREEDOMS):
        warped, _ = best.warp_reference(reference, ring.crop.box, ring.crop.size)
        matrix = polish(ring, warped, best.matrix, model, error_px, window_px)
        if matrix is not None and is_plausible(matrix, ring.crop.box):
            best = max(best, rate(replace(best, matrix=matrix), ring, reference), key=lambda t: t.agreement)
    return best


def _bent(
    transform: Transform, pool: Iterable[Matches], ring: Ring, mask_box: Box, reference: NDArray[np.uint8]
) -> Transform:
    """The transform with a bend, where the ring agrees clearly better with one."""

    def warped(bend: Bend) -> NDArray[np.float32]:
        return replace(transform, bend=bend).warp_reference(reference, ring.crop.box, ring.crop.size)[0]

    best, polishable = transform, None
    for matches, curvature in product([m for m in pool if m.source == FEATURES], CURVATURES):
        fit = fit_bend(transform.matrix, matches, ring, curvature)
        if fit is None or not is_smooth(fit[0], mask_box):
            continue
        bent = rate(replace(transform, bend=fit[0]), ring, reference)
        if polishable is None or bent.agreement > best.agreement + WORTH_FREEDOM:
            best, polishable = bent, fit
    if polishable is None:
        return transform
    bend = polish_bend(ring, warped, *polishable)
    if is_smooth(bend, mask_box):
        best = max(best, rate(replace(transform, bend=bend), ring, reference), key=lambda t: t.agreement)
    return best if best.agreement > transform.agreement + WORTH_BENDING else transform


def _torn(transform: Transform, pool: Iterable[Matches], ring: Ring, scene: Scene) -> Transform:
    """The transform with a relief, where matches tell of depth and the ring agrees clearly better so."""
    best = transform
    for matches in [m for m in pool if m.source == FEATURES]:
        parallax = find_parallax(matches, box_of(scene.mask))
        if parallax is None or transform.explains(parallax.matches).mean() > 1 - STRAY:
            continue
        # Coarse matches do not tell how a surface slants.
        surface = transform.matrix if transform.source == FEATURES else parallax.matrix
        relief = relief_of(scene, parallax, surface)
        if relief is None:
            continue
        support = FEATURES, "affine", len(parallax.matches), matches.tolerance_px
        torn = rate(Transform(parallax.matrix, -1.0, *support, bend=relief), ring, scene.reference)
        if torn.agreement > best.agreement + WORTH_TEARING:
            best = torn
    return best
