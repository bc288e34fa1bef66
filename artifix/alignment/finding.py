"""How the place is found: by searching everything that may be the transform, or from points given by hand."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from artifix.alignment import tuning
from artifix.attention.coarse_match import CoarseMatch, follow_coarse_match, look_at_warped
from artifix.attention.correspondence import matches_of
from artifix.attention.field import AttentionField
from artifix.attention.probe import Probe
from artifix.config import AlignmentConfig
from artifix.geometry import Box, Crop, crop_around, squared
from artifix.matching.descriptors import describe_by
from artifix.matching.pool import ATTENTION, LEARNED, Pool, pool_of, seen_through
from artifix.matching.sift import FEATURES
from artifix.registration.by_hand import hypothesis_by_hand
from artifix.registration.generous_mask import verify_inside
from artifix.registration.hypothesis import Candidate, Hypothesis
from artifix.registration.search import RankedHypothesis, is_sure, search, verify
from artifix.registration.similarity import fit_similarity
from artifix.registration.transform import Transform, lands
from artifix.registration.verification import has_context
from artifix.scene import Matches, Scene


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What one way of searching gave."""

    coarse: CoarseMatch
    hypothesis: Hypothesis | None
    pool: Pool
    trust: float = 0.0
    ranked: tuple[RankedHypothesis, ...] = ()  # the most probable first, which is the one above

    @property
    def transform(self) -> Transform | None:
        """Of the hypothesis."""
        return None if self.hypothesis is None else self.hypothesis.transform

    def tried(self) -> str:
        """What a search went through, to be told where it is refused."""
        counts: dict[str, int] = {}
        for matches in self.pool.matches:
            counts[matches.source] = counts.get(matches.source, 0) + len(matches)
        told = " and ".join(f"{count} matches of {source}" for source, count in counts.items())
        is_verified = self.hypothesis is not None and self.hypothesis.is_verified
        band = "agree hardly" if is_verified else "do not agree"
        return f"tried {told}, which {band} with what surrounds the mask" if told else "tried attention alone"


def find(probe: Probe, scene: Scene, config: AlignmentConfig, coarse: CoarseMatch) -> Finding:
    """Everything that may be the transform competes; where nothing lands, the region alone is known.

    Args:
        probe: reads the attention.
        scene: its mask has a True pixel.
        config: which parts of the stage run.
        coarse: where the first looks saw the masked part.
    """
    field = follow_coarse_match(probe, scene, config.contexts[0], coarse)
    guess, trust = _guess(field, scene)
    if config.zoom and guess is not None and trust >= tuning.ALIGNMENT.field_trusted:
        coarse = _look_along(probe, scene, field.box, guess.transform, coarse)
    if not config.transform or not has_context(scene):
        return Finding(coarse, None, Pool(), trust)
    device, matchers = probe.network.device, config.matchers
    attention = _joined([matches_of(view) for view in coarse.views]), field.matches
    pool = pool_of(scene, matchers, attention, device, lambda name: name not in LEARNED)
    verified = verify(scene, pool.matches)
    if not is_sure(verified) and FEATURES in matchers:
        verified = verify_inside(scene, seen_through(scene)) or verified
    if not is_sure(verified):  # learned matchers cost as much as all the rest
        pool = pool.joined(pool_of(scene, matchers, (), device, lambda name: name in LEARNED))
    guesses = [guess] if guess is not None and ATTENTION in matchers else []
    ranked = search(scene, pool, verified, guesses, field.matches, describe_by(matchers, device))
    return Finding(coarse, ranked[0].hypothesis if ranked else None, pool, trust, tuple(ranked))


def find_by_hand(probe: Probe, scene: Scene, config: AlignmentConfig, coarse: CoarseMatch) -> Finding:
    """The transform through the points given; the network only shows what it sees along it.

    Arguments as for `find`.

    Raises:
        InputError: no view of a surface fits the points.
    """
    assert scene.points is not None
    hypothesis = hypothesis_by_hand(scene, scene.points)
    if config.zoom:
        box = squared(crop_around(scene.mask, config.contexts[0]))
        coarse = _look_along(probe, scene, box, hypothesis.transform, coarse)
    image, reference = scene.points[:, :2], scene.points[:, 2:]
    support = hypothesis.support
    given = Matches(image, reference, np.ones(len(image)), support.source, support.tolerance_px)
    return Finding(coarse, hypothesis, Pool((given,)))


def _look_along(
    probe: Probe, scene: Scene, box: Box, transform: Transform, coarse: CoarseMatch
) -> CoarseMatch:
    """The coarse match, sharpened by a look at the reference as `transform` shows it in `box`."""
    size = (probe.network.reference_size_px,) * 2
    warped, _ = transform.warp_reference(scene.reference, box, size)
    to_reference = transform.matrix @ np.linalg.inv(Crop(box, size).matrix())
    shown = np.clip(warped, 0, 255).astype(np.uint8)
    return look_at_warped(probe, scene, box, shown, to_reference, coarse)


def _guess(field: AttentionField, scene: Scene) -> tuple[Candidate | None, float]:
    """The similarity that the field of attention is nearest to, and the trust in the field.

    Generated images are not photographs: cloth hangs otherwise, print is drawn anew, and no warp explains the
    context band to the pixel. The field still says where the part lies, and how it is seen there.
    """
    guess = fit_similarity(field.matches, field.box)
    if guess is None:
        return None, field.trust
    region = guess.transform.region(scene.mask, scene.reference.shape)
    leads_nowhere = not region.any() or _is_flat(scene.reference, region)
    if leads_nowhere or (scene.within is not None and not lands(guess.transform, scene)):
        return None, 0.0
    return guess, field.trust


def _is_flat(reference: NDArray[np.uint8], region: NDArray[np.bool_]) -> bool:
    """Whether the region shows nothing that could be recognised."""
    return float(reference[region].mean(-1).std()) < tuning.ALIGNMENT.least_structure


def _joined(parts: Sequence[Matches]) -> Matches:
    return Matches(
        np.concatenate([part.image for part in parts]),
        np.concatenate([part.reference for part in parts]),
        np.concatenate([part.weights for part in parts]),
        parts[0].source,
        float(np.median([part.tolerance_px for part in parts])),
    )
