"""The best hypothesis among many: proposed by matches, verified on the context band, polished, warped."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box, box_of
from artifix.matching.sift import FEATURES
from artifix.registration import tuning
from artifix.registration.candidates import is_plausible, propose
from artifix.registration.context_band import ContextBand, band_around
from artifix.registration.depth import disparity_of
from artifix.registration.hypothesis import Candidate, Hypothesis, Support, distinct, rate
from artifix.registration.parallax import find_parallax
from artifix.registration.polish import FREEDOMS, polish
from artifix.registration.spline import SplineWarp, is_smooth
from artifix.registration.spline_fit import fit_spline_warp, polish_spline_warp
from artifix.registration.transform import Transform, lands
from artifix.scene import Matches, Scene


def has_context(scene: Scene) -> bool:
    """Whether there is anything around the mask to verify a hypothesis with."""
    sides = *scene.image.shape[:2], *scene.reference.shape[:2]
    return min(sides) >= tuning.REGISTRATION.least_side_px and not scene.mask.all()


def find_hypothesis(scene: Scene, pool: Iterable[Matches]) -> Hypothesis | None:
    """The best hypothesis that any matches of the pool propose, or None where none is verified."""
    if not scene.mask.any() or not has_context(scene):
        return None
    best = best_hypothesis(scene, pool)
    return best if best is not None and best.is_verified else None


def best_hypothesis(scene: Scene, pool: Iterable[Matches]) -> Hypothesis | None:
    """The plausible candidate of the highest score, polished, a verified one before all others; or None.

    Args:
        scene: its mask has a True pixel, and a False one.
        pool: matches of all kinds, which compete.
    """
    tuned = tuning.REGISTRATION
    pool, reference, mask_box = list(pool), scene.reference, box_of(scene.mask)
    band = band_around(scene.image, scene.mask, scene.hidden)
    proposed = [
        candidate
        for matches in pool
        for candidate in propose(matches, mask_box)
        if is_plausible(candidate.transform.matrix, band.crop.box)
    ]
    rated = [rate(c, band, reference) for c in proposed if lands(c.transform, scene)]
    rated.sort(key=lambda h: h.score, reverse=True)
    # The best verified one is among them: coarse matches agree by chance more than exact ones must.
    most = tuned.most_polished_first
    chosen = rated[:most] + [h for h in rated[most:] if h.is_verified][:1]
    better = [polish_on(h, band, reference) for h in distinct(chosen, band.crop, tuned.least_error_px / 2)]
    better = [h for h in better if lands(h.transform, scene)]
    best = max(better, key=lambda h: (h.is_verified, h.score), default=None)
    if best is None or not best.is_verified:  # a warp is free enough to verify anything: it may only correct
        return best
    warped = _with_spline_warp(best, pool, band, mask_box, reference)
    best = warped if lands(warped.transform, scene) else best
    torn = _with_disparity(best, pool, band, scene)
    return torn if lands(torn.transform, scene) else best


def polished(scene: Scene, candidate: Candidate) -> Hypothesis:
    """The candidate, corrected on the band around the mask where the reference agrees better with one."""
    band = band_around(scene.image, scene.mask, scene.hidden)
    rated = rate(candidate, band, scene.reference)
    better = polish_on(rated, band, scene.reference)
    return better if lands(better.transform, scene) else rated


def polish_on(hypothesis: Hypothesis, band: ContextBand, reference: NDArray[np.uint8]) -> Hypothesis:
    """The hypothesis, corrected from stiff to free for as long as the band agrees better."""
    tuned = tuning.REGISTRATION
    error_px = max(
        tuned.least_error_px,
        hypothesis.support.tolerance_px * band.crop.size[1] / band.crop.box.width,
    )
    windows_px = (3 * tuned.window_px, tuned.window_px) if error_px > tuned.coarse_px else (tuned.window_px,)
    best = hypothesis
    for window_px, model in product(windows_px, FREEDOMS):
        warped, _ = best.transform.warp_reference(reference, band.crop.box, band.crop.size)
        matrix = polish(band, warped, best.transform.matrix, model, error_px, window_px)
        if matrix is not None and is_plausible(matrix, band.crop.box):
            corrected = replace(best, transform=replace(best.transform, matrix=matrix))
            best = _better(best, rate(corrected, band, reference))
    return best


def _better(known: Hypothesis, found: Hypothesis) -> Hypothesis:
    return max(known, found, key=lambda h: h.band.agreement)


def _with_spline_warp(
    hypothesis: Hypothesis,
    pool: Iterable[Matches],
    band: ContextBand,
    mask_box: Box,
    reference: NDArray[np.uint8],
) -> Hypothesis:
    """The hypothesis with a smooth warp, where the band agrees clearly better with one."""
    tuned = tuning.REGISTRATION

    def displaced(warp: SplineWarp) -> Hypothesis:
        return replace(hypothesis, transform=replace(hypothesis.transform, displacement=warp))

    def shown(warp: SplineWarp) -> NDArray[np.float32]:
        return displaced(warp).transform.warp_reference(reference, band.crop.box, band.crop.size)[0]

    best, polishable = hypothesis, None
    for matches, curvature in product([m for m in pool if m.source == FEATURES], tuned.warp_curvatures):
        fit = fit_spline_warp(hypothesis.transform.matrix, matches, band, curvature)
        if fit is None or not is_smooth(fit[0], mask_box):
            continue
        found = rate(displaced(fit[0]), band, reference)
        if polishable is None or found.band.agreement > best.band.agreement + tuned.worth_freedom:
            best, polishable = found, fit
    if polishable is None:
        return hypothesis
    warp = polish_spline_warp(band, shown, *polishable)
    if is_smooth(warp, mask_box):
        best = _better(best, rate(displaced(warp), band, reference))
    return best if best.band.agreement > hypothesis.band.agreement + tuned.worth_warping else hypothesis


def _with_disparity(
    hypothesis: Hypothesis, pool: Iterable[Matches], band: ContextBand, scene: Scene
) -> Hypothesis:
    """The hypothesis with a disparity map, where matches tell of depth and the band agrees clearly better."""
    tuned = tuning.REGISTRATION
    best = hypothesis
    for matches in [m for m in pool if m.source == FEATURES]:
        parallax = find_parallax(matches, box_of(scene.mask))
        if parallax is None or hypothesis.transform.explains(parallax.matches).mean() > 1 - tuned.stray_share:
            continue
        # Coarse matches do not tell how a surface slants.
        is_exact = hypothesis.support.source == FEATURES
        surface = hypothesis.transform.matrix if is_exact else parallax.matrix
        disparity = disparity_of(scene, parallax, surface)
        if disparity is None:
            continue
        support = Support(FEATURES, "affine", len(parallax.matches), matches.tolerance_px)
        torn = rate(Candidate(Transform(parallax.matrix, disparity), support), band, scene.reference)
        if torn.band.agreement > best.band.agreement + tuned.worth_tearing:
            best = torn
    return best
