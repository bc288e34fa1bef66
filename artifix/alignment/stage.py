"""Stage 1: where in the reference is the masked part, and how is it seen there?"""

from dataclasses import replace

from artifix.alignment import tuning
from artifix.alignment.alignment import Alignment
from artifix.alignment.calibration import Calibration, check_address
from artifix.alignment.confidence import confidence_in
from artifix.alignment.finding import Finding, find, find_by_hand
from artifix.alignment.mirror import flipped, mirrored, mirrored_by, unmirrored
from artifix.alignment.repair_confidence import coarseness_of, repair_confidence_in
from artifix.attention.coarse_match import CoarseMatch, match_coarsely
from artifix.attention.probe import Probe
from artifix.config import AlignmentConfig
from artifix.geometry import crop_around
from artifix.matching.sift import FEATURES
from artifix.network.assembly import Network
from artifix.registration.hypothesis import Hypothesis
from artifix.scene import Scene


def align(
    network: Network, scene: Scene, config: AlignmentConfig, calibration: Calibration, seed: int
) -> Alignment:
    """Locate one mask group in the reference; how sure that is, is for others to judge (`choice`).

    Args:
        network: the parts both stages use.
        scene: the group and the reference; its mask has a True pixel.
        config: which parts of the stage run.
        calibration: where attention is read, and what it says.
        seed: of the noise of its passes.

    Raises:
        UsageError: the network has no such layer or noise level.
        InputError: no view of a surface fits the points given by hand.
    """
    check_address(network, calibration.layer, calibration.timestep)
    probe = Probe(network, calibration.layer, calibration.timestep, seed)
    straight = _looked_for(probe, scene, config, calibration)
    best = straight.hypotheses[0] if straight.hypotheses else None
    # A person who gives points says how the part is seen.
    if scene.points is not None or not config.transform:
        return straight
    said_by = mirrored_by(scene, best, straight.matches, config.matchers, network.device)
    if not said_by:
        return straight
    turned = _looked_for(probe, mirrored(scene), config, calibration)
    # Twice as many matches say so already: where both are sure, those decide.
    is_better = turned.confidence > min(straight.confidence, tuning.ALIGNMENT.mirror_sure)
    if not is_better:
        return straight
    # A toy's face, a car's front: what is alike on both sides is seen from its other side, and no mirror made
    # that. Print is not, and exact matches see print.
    is_symmetric = said_by != FEATURES and straight.confidence >= config.min_confidence
    return replace(_unmirrored(turned, scene), symmetric=is_symmetric)


def _looked_for(probe: Probe, scene: Scene, config: AlignmentConfig, calibration: Calibration) -> Alignment:
    """What is found in the reference as it is."""
    coarse = match_coarsely(probe, scene, config.contexts, config.zoom)
    way = find if scene.points is None else find_by_hand
    found = way(probe, scene, config, coarse)
    confidence = 1.0  # what a person says is right
    if scene.within is None and scene.points is None:
        confidence = _confidence(found, coarse, calibration)
    transform, shape = found.transform, scene.reference.shape
    return Alignment(
        mask=scene.mask,
        box=crop_around(scene.mask, config.contexts[0]),
        correspondence=found.coarse.correspondence,
        region=found.coarse.last_region() if transform is None else transform.region(scene.mask, shape),
        hypothesis=found.hypothesis,
        confidence=confidence,
        layer=calibration.layer,
        timestep=calibration.timestep,
        source=_source(scene, found.hypothesis),
        matches=found.pool.matches,
        trust=found.trust,
        certainty=coarse.certainty,
        matchers=found.pool.told,
        hypotheses=found.ranked,
        tried=found.tried(),
        repair_confidence=repair_confidence_in(
            found.hypothesis,
            found.ranked[0].evidence if found.ranked else None,
            confidence,
            coarseness_of(transform, scene.mask),
        ),
    )


def _unmirrored(alignment: Alignment, scene: Scene) -> Alignment:
    """What was found in the mirrored reference, in pixels of the reference itself."""
    hypothesis, width = alignment.hypothesis, scene.reference.shape[1]
    return replace(
        alignment,
        correspondence=flipped(alignment.correspondence),
        region=flipped(alignment.region),
        hypothesis=None if hypothesis is None else unmirrored(hypothesis, width),
        matches=tuple(
            replace(m, reference=m.reference * [-1, 1] + [width - 1, 0]) for m in alignment.matches
        ),
        hypotheses=tuple(
            replace(ranked, hypothesis=unmirrored(ranked.hypothesis, width))
            for ranked in alignment.hypotheses
        ),
        mirrored=True,
    )


def _confidence(found: Finding, coarse: CoarseMatch, calibration: Calibration) -> float:
    if found.ranked:
        return found.ranked[0].probability
    return confidence_in(found.trust, coarse.certainty, calibration.logit_weights)


def _source(scene: Scene, hypothesis: Hypothesis | None) -> str:
    if hypothesis is not None:
        return hypothesis.support.source
    return "correspondence" if scene.within is None else "region"
