"""The similarity that most of many weighted matches want."""

import numpy as np

from artifix.geometry import Box
from artifix.registration import tuning
from artifix.registration.candidates import is_plausible
from artifix.registration.hypothesis import Candidate, Support
from artifix.registration.transform import Transform
from artifix.scene import Matches


def fit_similarity(matches: Matches, box: Box) -> Candidate | None:
    """The similarity that most of the matches want; None where it is no view of a surface over `box`.

    Points are taken as complex numbers, in which a similarity is z -> factor * z + shift, and what lies off
    it loses its say (Geman-McClure's function).

    Args:
        matches: weights in [0, 1].
        box: of the image, in its pixels.
    """
    tuned = tuning.REGISTRATION
    image, reference = (points @ np.array([1, 1j]) for points in (matches.image, matches.reference))
    trust = np.maximum(matches.weights, tuned.least_weight) ** 2
    vote = trust
    for _ in range(tuned.similarity_rounds):
        centre, target = (np.average(part, weights=vote) for part in (image, reference))
        moved = image - centre
        spread = np.average(np.abs(moved) ** 2, weights=vote)
        if spread == 0:  # matches of one point
            return None
        factor = np.average(moved.conj() * (reference - target), weights=vote) / spread
        error = np.abs(reference - target - factor * moved)
        vote = trust / (1 + (error / max(1.5 * float(np.median(error)), 1e-6)) ** 2) ** 2
    shift = target - factor * centre
    matrix = np.array(
        [[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag], [0, 0, 1.0]]
    )
    if not is_plausible(matrix, box):
        return None
    trusted = int((matches.weights > float(matches.weights.mean())).sum())
    return Candidate(Transform(matrix), Support(matches.source, "similarity", trusted, matches.tolerance_px))
