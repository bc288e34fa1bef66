"""All hypotheses, from matches, attention and registration, ranked by the log-odds that they are right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from artifix.geometry import Crop, box_of
from artifix.matching.descriptors import Describe, describe_plainly
from artifix.matching.pool import LEARNED as LEARNED_MATCHERS
from artifix.matching.pool import PROPOSING, Pool
from artifix.matching.sift import FEATURES
from artifix.registration import tuning
from artifix.registration.candidates import is_plausible, propose
from artifix.registration.content import Content, content_of, likeness_of
from artifix.registration.context_band import ContextBand, band_around
from artifix.registration.edge_fit import meeting_at_edge
from artifix.registration.evidence import LEARNED, PLAIN, Evidence, gather, logit_of
from artifix.registration.flow import register, warp_along
from artifix.registration.hypothesis import Candidate, Hypothesis, Support, distinct, rate
from artifix.registration.transform import Transform, lands
from artifix.registration.verification import find_hypothesis, polish_on
from artifix.scene import Matches, Scene


@dataclass(frozen=True, slots=True, eq=False)
class RankedHypothesis:
    """A hypothesis, and all that speaks for it."""

    hypothesis: Hypothesis
    evidence: Evidence
    logit: float  # log-odds that it is right

    @property
    def transform(self) -> Transform:
        """Of the hypothesis."""
        return self.hypothesis.transform

    @property
    def placement(self) -> float:
        """How exactly it lies in place, among right ones; the artifact may have melted and is not asked."""
        tuned = tuning.REGISTRATION
        by_band = self.hypothesis.verification
        by_surroundings = tuned.placement_surroundings * self.evidence.surroundings
        return by_band + by_surroundings + tuned.placement_matches * self.evidence.classical

    @property
    def probability(self) -> float:
        """That it is right, in [0, 1]."""
        return float(1 / (1 + np.exp(-self.logit)))


def search(
    scene: Scene,
    pool: Pool,
    verified: Hypothesis | None,
    guesses: Sequence[Candidate],
    field: Matches,
    describe: Describe,
) -> list[RankedHypothesis]:
    """The hypotheses worth comparing, the most probable first; none where nothing lands in the reference.

    Args:
        scene: its mask has a True pixel, and a False one.
        pool: matches of all kinds.
        verified: what classical matches and the band verify; where that is sure, nothing else is sought.
        guesses: candidates to start from, besides those that matches propose.
        field: of attention, weighted by how far it is to be trusted.
        describe: what describes the cells of pictures.
    """
    tuned = tuning.REGISTRATION
    judge = _Judge(
        scene,
        content_of(scene, describe),
        band_around(scene.image, scene.mask, scene.hidden),
        pool.matches,
        field,
    )
    found = judge([] if verified is None else [verified])
    if not is_sure(verified):
        starts = _starts(judge, found, guesses, [*pool.matches, *pool.guesses])
        moved = register(judge.content, scene.reference, [start.transform for start in starts])
        followed = [Candidate(t, start.support) for (_, t), start in zip(moved, starts, strict=True)]
        # An artifact melts, and what follows it moves: where registration starts may lie better.
        landing = [c for c in followed if lands(c.transform, scene)]
        compared = distinct([*landing, *starts], judge.frame, tuned.settled_apart)
        rated = ordered(judge([rate(c, judge.band, scene.reference) for c in compared]))
        polished = [
            polish_on(r.hypothesis, judge.band, scene.reference) for r in rated[: tuned.most_polished]
        ]
        found = ordered([*found, *rated, *judge(polished)])
    return _meeting_at_edge(scene, _with_spline_warp(judge, found))


def ordered(found: Sequence[RankedHypothesis]) -> list[RankedHypothesis]:
    """Hypotheses: of those about as probable as the most probable the one that lies best in place first."""
    tuned = tuning.REGISTRATION
    most = max((h.logit for h in found), default=0.0)
    near = [h for h in found if h.logit >= most - tuned.as_probable]
    rest = [h for h in found if h.logit < most - tuned.as_probable]
    return sorted(near, key=lambda h: -h.placement) + sorted(rest, key=lambda h: -h.logit)


@dataclass(frozen=True, slots=True, eq=False)
class _Judge:
    """Gathers what speaks for hypotheses of one scene."""

    scene: Scene
    content: Content
    band: ContextBand
    pool: Sequence[Matches]
    field: Matches

    @property
    def frame(self) -> Crop:
        """The content's box, one working pixel wide."""
        return Crop(self.content.box, (1, 1))

    def __call__(self, hypotheses: Sequence[Hypothesis]) -> list[RankedHypothesis]:
        """Those that land in the reference, ranked, the most probable first."""
        landing = [h for h in hypotheses if lands(h.transform, self.scene)]
        weights = PLAIN if self.content.describe is describe_plainly else LEARNED
        views = self.content.view([h.transform for h in landing], self.scene.reference)
        found = []
        for hypothesis, seen in zip(landing, views, strict=True):
            evidence = gather(hypothesis, self.content, seen, self.scene, self.pool, self.field)
            supported, logit = self._supported(hypothesis), logit_of(evidence, weights)
            verified = verified_logit(supported, evidence)
            found.append(RankedHypothesis(supported, evidence, max(logit, verified)))
        return sorted(found, key=lambda h: -h.logit)

    def _supported(self, hypothesis: Hypothesis) -> Hypothesis:
        """The hypothesis, whoever proposed it, as one of exact matches where so many support it."""
        for matches in self.pool:
            if matches.source == FEATURES != hypothesis.support.source:
                count = int(hypothesis.transform.explains(matches).sum())
                if count >= tuning.REGISTRATION.sharp_inliers:
                    model = hypothesis.support.model
                    support = Support(FEATURES, model, count, matches.tolerance_px)
                    return replace(hypothesis, support=support)
        return hypothesis


def verified_logit(hypothesis: Hypothesis, evidence: Evidence) -> float:
    """Log-odds, at least, where exact matches with the band verify it, or many learned ones alone."""
    tuned = tuning.REGISTRATION
    support = hypothesis.support
    doublings = float(np.log2(max(support.inliers, 1)))
    if support.source == FEATURES and support.inliers >= tuned.least_verifying and hypothesis.is_verified:
        by_agreement, by_matches, bias = tuned.verified_logit
        return by_agreement * hypothesis.band.agreement + by_matches * doublings + bias
    is_coarse = support.source in LEARNED_MATCHERS and support.source not in PROPOSING
    if is_coarse and support.inliers >= tuned.least_verifying_coarsely:
        by_matches, bias = tuned.verified_coarsely_logit
        return by_matches * evidence.learned + bias
    return -np.inf


def verify(scene: Scene, matches: Iterable[Matches]) -> Hypothesis | None:
    """The hypothesis that exact ones among the matches and the context band verify, if there is one."""
    return find_hypothesis(scene, [some for some in matches if some.source == FEATURES])


def is_sure(hypothesis: Hypothesis | None) -> bool:
    """Whether so many exact matches and the band agree that nothing else need be sought."""
    tuned = tuning.REGISTRATION
    if hypothesis is None:
        return False
    support = hypothesis.support
    is_exact = support.source == FEATURES and support.inliers >= tuned.sharp_inliers
    return is_exact and hypothesis.band.agreement >= tuned.sure_agreement


def _starts(
    judge: _Judge,
    verified: Sequence[RankedHypothesis],
    guesses: Sequence[Candidate],
    matches: Iterable[Matches],
) -> list[Candidate]:
    """Where registration starts: the most alike of what is verified, guessed, and proposed by matches."""
    tuned = tuning.REGISTRATION
    content, box = judge.content, box_of(judge.scene.mask)
    proposed = [candidate for some in matches for candidate in propose(some, box)]
    proposed.sort(key=lambda candidate: -candidate.support.inliers)
    flat = [r.hypothesis.candidate for r in verified if r.transform.displacement is None]
    plausible = [c for c in proposed if is_plausible(c.transform.matrix, content.box)]
    starts = distinct([*flat, *guesses, *plausible], judge.frame, tuned.starts_apart)[: tuned.most_starts]
    alike = likeness_of(content, judge.scene.reference, [start.transform for start in starts])
    order = np.argsort(-np.array(alike), kind="stable")[: tuned.most_registered]
    return [starts[i] for i in order]


def _with_spline_warp(judge: _Judge, found: list[RankedHypothesis]) -> list[RankedHypothesis]:
    """The hypotheses; before them the best one, warped, where the content is clearly more alike so."""
    if not found or found[0].transform.displacement is not None or found[0].hypothesis.is_exact:
        return found
    best = found[0]
    warped = warp_along(judge.content, judge.scene.reference, best.transform)
    if warped is best.transform:
        return found
    # A warp is free enough to make anything more alike: it makes nothing more probable.
    candidate = Candidate(warped, best.hypothesis.support)
    warped_too = judge([rate(candidate, judge.band, judge.scene.reference)])
    return [*(replace(h, logit=min(h.logit, best.logit)) for h in warped_too), *found]


def _meeting_at_edge(scene: Scene, found: list[RankedHypothesis]) -> list[RankedHypothesis]:
    """The hypotheses, the best one corrected at the mask's edge.

    What was seen of it before still says how sure it is: the correction is fitted to what would judge it.
    """
    if not found:
        return found
    best, *others = found
    corrected = replace(best.hypothesis, transform=meeting_at_edge(scene, best.transform))
    return [replace(best, hypothesis=corrected), *others]
