"""Everything that may be the transform, compared by one score."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from artifix.geometry import Crop, box_of
from artifix.matching.descriptors import Describe, describe_plainly
from artifix.matching.pool import LEARNED as LEARNED_MATCHERS
from artifix.matching.pool import Pool
from artifix.matching.sift import FEATURES
from artifix.registration.candidates import is_plausible, propose
from artifix.registration.content import Content, bend_along, content_of, likeness_of, register
from artifix.registration.context_band import Ring, ring_around
from artifix.registration.evidence import LEARNED, PLAIN, Evidence, gather, odds_of
from artifix.registration.transform import (
    SHARP_INLIERS,
    Transform,
    distinct,
    find_transform,
    lands,
    polish_on,
    rate,
)
from artifix.scene import Matches, Scene

SURE_AGREEMENT = 0.6  # of the ring with a transform of many exact matches: nothing else need be sought
# Log-odds, at least, that a transform is right which the ring and exact matches prove, whatever an artifact
# does to descriptors: by agreement, doublings of matches, a bias. Nothing unrelated was so proved.
PROVED = (8.0, 1.0, -4.0)
LEAST_PROVING = 12  # exact matches that it takes where the ring agrees
# ... and one that many learned matches give which also lie near the mask: by doublings of those, a bias. No
# reference of another thing gave more than 12 by one homography.
PROVED_COARSELY, LEAST_PROVING_COARSELY = (1.0, -4.5), 30
MOST_STARTS = 14  # are looked at once
MOST_REGISTERED = 5  # are followed
MOST_POLISHED = 3  # are polished on the ring
APART = 0.04  # starts nearer than this, in sides of the frame, are the same
AS_PROBABLE = 3.0  # of log-odds, below the most
# Of what tells how exactly a transform lies in place, over the ring's agreement; fitted as the odds are.
SAID_AROUND, SAID_BY_MATCHES = 0.5, 0.15
SETTLED = 0.01  # ... where they have come to


@dataclass(frozen=True, slots=True, eq=False)
class Hypothesis:
    """A transform, and what speaks for it."""

    transform: Transform
    evidence: Evidence
    odds: float  # log-odds that it is right

    @property
    def placement(self) -> float:
        """How exactly it lies in place, among right ones; the artifact may have melted and is not asked."""
        told = self.evidence
        return self.transform.proof + SAID_AROUND * told.surroundings + SAID_BY_MATCHES * told.classical

    @property
    def probability(self) -> float:
        """That it is right, in [0, 1]."""
        return float(1 / (1 + np.exp(-self.odds)))


def search(
    scene: Scene,
    pool: Pool,
    proved: Transform | None,
    guesses: Sequence[Transform],
    field: Matches,
    describe: Describe,
) -> list[Hypothesis]:
    """The transforms worth comparing, the most probable first; none where nothing lands in the reference.

    Args:
        scene: its mask has a True pixel, and a False one.
        pool: matches of all kinds.
        proved: what classical matches and the ring prove; where that is sure, nothing else is sought.
        guesses: transforms to start from, besides those that matches propose.
        field: of attention, weighted by how far it is to be trusted.
        describe: what describes the cells of pictures.
    """
    judge = _Judge(
        scene,
        content_of(scene, describe),
        ring_around(scene.image, scene.mask, scene.hidden),
        pool.matches,
        field,
    )
    found = judge([] if proved is None else [proved])
    if not is_sure(proved):
        starts = _starts(judge, found, guesses, [*pool.matches, *pool.guesses])
        followed = [t for _, t in register(judge.content, scene.reference, starts) if lands(t, scene)]
        # An artifact melts, and what follows it moves: where registration starts may lie better.
        compared = distinct([*followed, *starts], judge.frame, SETTLED)
        rated = ordered(judge([rate(t, judge.ring, scene.reference) for t in compared]))
        polished = [polish_on(h.transform, judge.ring, scene.reference) for h in rated[:MOST_POLISHED]]
        found = ordered([*found, *rated, *judge(polished)])
    return _with_bend(judge, found)


def ordered(found: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Hypotheses: of those about as probable as the most probable the one that lies best in place first."""
    most = max((h.odds for h in found), default=0.0)
    near = [h for h in found if h.odds >= most - AS_PROBABLE]
    rest = [h for h in found if h.odds < most - AS_PROBABLE]
    return sorted(near, key=lambda h: -h.placement) + sorted(rest, key=lambda h: -h.odds)


@dataclass(frozen=True, slots=True, eq=False)
class _Judge:
    """Gathers what speaks for transforms of one scene."""

    scene: Scene
    content: Content
    ring: Ring
    pool: Sequence[Matches]
    field: Matches

    @property
    def frame(self) -> Crop:
        """The content's box, one working pixel wide."""
        return Crop(self.content.box, (1, 1))

    def __call__(self, transforms: Sequence[Transform]) -> list[Hypothesis]:
        """Hypotheses of those that land in the reference, the most probable first."""
        landing = [t for t in transforms if lands(t, self.scene)]
        weights = PLAIN if self.content.describe is describe_plainly else LEARNED
        found = []
        for transform, seen in zip(landing, self.content.view(landing, self.scene.reference), strict=True):
            evidence = gather(transform, self.content, seen, self.scene, self.pool, self.field)
            supported, odds = self._supported(transform), odds_of(evidence, weights)
            found.append(Hypothesis(supported, evidence, max(odds, _proof(supported, evidence))))
        return sorted(found, key=lambda h: -h.odds)

    def _supported(self, transform: Transform) -> Transform:
        """The transform, whoever proposed it, as one of exact matches where so many support it."""
        for matches in self.pool:
            if matches.source == FEATURES != transform.source:
                count = int(transform.explains(matches).sum())
                if count >= SHARP_INLIERS:
                    exact = matches.tolerance_px
                    return replace(transform, source=FEATURES, inliers=count, tolerance_px=exact)
        return transform


def _proof(transform: Transform, evidence: Evidence) -> float:
    """Log-odds that matches prove a transform, exact ones with the ring, or many learned ones alone."""
    doublings = float(np.log2(max(transform.inliers, 1)))
    if transform.source == FEATURES and transform.inliers >= LEAST_PROVING and transform.is_proved:
        by_agreement, by_matches, bias = PROVED
        return by_agreement * transform.agreement + by_matches * doublings + bias
    if transform.source in LEARNED_MATCHERS and transform.inliers >= LEAST_PROVING_COARSELY:
        by_matches, bias = PROVED_COARSELY
        return by_matches * evidence.learned + bias
    return -np.inf


def prove(scene: Scene, matches: Iterable[Matches]) -> Transform | None:
    """The transform that exact ones among the matches and the ring prove, if there is one."""
    return find_transform(scene, [some for some in matches if some.source == FEATURES])


def is_sure(transform: Transform | None) -> bool:
    """Whether so many exact matches and the ring agree that nothing else need be sought."""
    if transform is None:
        return False
    exact = transform.source == FEATURES and transform.inliers >= SHARP_INLIERS
    return exact and transform.agreement >= SURE_AGREEMENT


def _starts(
    judge: _Judge, proved: Sequence[Hypothesis], guesses: Sequence[Transform], matches: Iterable[Matches]
) -> list[Transform]:
    """Where registration starts: the most alike of what is proved, guessed, and proposed by matches."""
    content, box = judge.content, box_of(judge.scene.mask)
    proposed = [candidate for some in matches for candidate in propose(some, box)]
    proposed.sort(key=lambda candidate: -candidate.inliers)
    starts = [*(h.transform for h in proved if h.transform.bend is None), *guesses]
    starts += [Transform.of_candidate(c) for c in proposed if is_plausible(c.matrix, content.box)]
    starts = distinct(starts, judge.frame, APART)[:MOST_STARTS]
    alike = likeness_of(content, judge.scene.reference, starts)
    order = np.argsort(-np.array(alike), kind="stable")[:MOST_REGISTERED]
    return [starts[i] for i in order]


def _with_bend(judge: _Judge, found: list[Hypothesis]) -> list[Hypothesis]:
    """The hypotheses; before them the best one with a bend, where the content is clearly more alike so."""
    if not found or found[0].transform.bend is not None or found[0].transform.is_exact:
        return found
    best = found[0]
    bent = bend_along(judge.content, judge.scene.reference, best.transform)
    if bent is best.transform:
        return found
    # A bend is free enough to make anything more alike: it makes nothing more probable.
    bent_too = judge([rate(bent, judge.ring, judge.scene.reference)])
    return [*(replace(h, odds=min(h.odds, best.odds)) for h in bent_too), *found]
