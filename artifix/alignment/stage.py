"""Stage 1: where in the reference is the masked part, and how is it seen there?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifix.alignment.confidence import ATTENTION_ODDS, Odds, confidence_in
from artifix.alignment.mirror import flipped, mirrored, mirrored_by, unmirrored
from artifix.alignment.repairing import Placed, coarseness_of, placed_by, repair_confidence_in
from artifix.attention.coarse_match import Sighting, follow_sighting, look_along, sight
from artifix.attention.correspondence import matches_of
from artifix.attention.field import AttentionField
from artifix.attention.probe import Gaze
from artifix.config import AlignmentConfig
from artifix.errors import UsageError
from artifix.geometry import Box, crop_around, squared
from artifix.matching.descriptors import describe_by
from artifix.matching.pool import ATTENTION, LEARNED, Pool, pool_of, seen_through
from artifix.matching.sift import FEATURES
from artifix.network.assembly import Network
from artifix.network.attention import cross_attention_layers
from artifix.registration.generous import prove_inside
from artifix.registration.hand import transform_by_hand
from artifix.registration.search import Hypothesis, is_sure, prove, search
from artifix.registration.transform import LEAST_SIDE_PX, Transform, lands
from artifix.scene import Matches, Scene
from artifix.spelling import setting

TRUSTED = 0.3  # a field of so much trust is worth a look along it
MIRROR_SURE = 0.9  # confidence of what is found in a mirrored reference, above which no more is asked
LEAST_STRUCTURE = 4.0  # deviation of grey levels in the region; in less, attention finds only its habits


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is known of a network's attention."""

    layer: str  # module path of the cross-attention layer that locates best
    timestep: int  # the noise level it is read at
    odds: Odds = ATTENTION_ODDS  # of being right, by what it says

    @classmethod
    def of(cls, known: Any, wanted: AlignmentConfig) -> "Calibration":
        """That of the weights, whose configuration is `known`, but for what the settings say."""
        layer = known.alignment_layer if wanted.layer is None else wanted.layer
        timestep = known.alignment_timestep if wanted.timestep is None else wanted.timestep
        # Of weights whose own are not known, those of others rank at least: more trust is more probable.
        return cls(layer, timestep, tuple(known.confidence_odds or ATTENTION_ODDS))


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Where one mask group lies in the reference."""

    mask: NDArray[np.bool_]  # (H, W) of the image, this group
    box: Box  # crop of the image around it, in its pixels
    correspondence: NDArray[np.float32]  # M*, (H_ref, W_ref) in [0, 1]
    region: NDArray[np.bool_]  # (H_ref, W_ref)
    transform: Transform | None  # None where only the region is known
    confidence: float  # that the region is right, in [0, 1]
    layer: str
    timestep: int
    # What decided: "sift", "xfeat", "attention", ... or "points" (given by hand) for a transform,
    # "correspondence" or "region" (given by hand) where only the region is known.
    source: str
    matches: tuple[Matches, ...] = ()  # those that proposed transforms
    trust: float = 0.0  # in the field of attention, in [0, 1]; 0 where it leads nowhere
    certainty: float = 0.0  # of the surest view, in [0, 1]
    matchers: Mapping[str, int | str] | None = None  # matches of each, or why it gave none; None: not asked
    hypotheses: tuple[Hypothesis, ...] = ()  # all that were compared, the most probable first
    tried: str = ""  # what the search went through, in words; "" where it was not searched
    repair_confidence: float = 1.0  # that the repair is good, in [0, 1]
    mirrored: bool = False  # the reference shows the part as a mirror does
    filled: bool = False  # holds too little to be found: it is filled from around, not after the reference
    symmetric: bool = False  # ... and fits as it is as well: the object is alike on both sides

    @property
    def placed(self) -> Placed:
        """How the reference is placed: exactly, roughly, by its region only, or not at all."""
        return "filled" if self.filled else placed_by(self.transform)

    @property
    def coarseness(self) -> float | None:
        """Pixels of the image per pixel of the reference along one axis; None without a transform."""
        return coarseness_of(self.transform, self.mask)


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
    gaze = Gaze(network, calibration.layer, calibration.timestep, seed)
    straight = _looked_for(gaze, scene, config, calibration)
    best = straight.hypotheses[0] if straight.hypotheses else None
    # A person who gives points says how the part is seen.
    if scene.points is not None or not config.transform:
        return straight
    said_by = mirrored_by(scene, best, straight.matches, config.matchers, network.device)
    if not said_by:
        return straight
    turned = _looked_for(gaze, mirrored(scene), config, calibration)
    # Twice as many matches say so already: where both are sure, those decide.
    is_better = turned.confidence > min(straight.confidence, MIRROR_SURE)
    if not is_better:
        return straight
    # A toy's face, a car's front: what is alike on both sides is seen from its other side, and no mirror made
    # that. Print is not, and exact matches see print.
    is_symmetric = said_by != FEATURES and straight.confidence >= config.min_confidence
    return replace(_unmirrored(turned, scene), symmetric=is_symmetric)


def _looked_for(gaze: Gaze, scene: Scene, config: AlignmentConfig, calibration: Calibration) -> Alignment:
    """What is found in the reference as it is."""
    sighting = sight(gaze, scene, config.contexts, config.zoom)
    search = _search if scene.points is None else _by_hand
    found = search(gaze, scene, config, sighting)
    confidence = 1.0  # what a person says is right
    if scene.within is None and scene.points is None:
        confidence = _confidence(found, sighting, calibration)
    transform, shape = found.transform, scene.reference.shape
    return Alignment(
        mask=scene.mask,
        box=crop_around(scene.mask, config.contexts[0]),
        correspondence=found.sighting.correspondence,
        region=found.sighting.last_region() if transform is None else transform.region(scene.mask, shape),
        transform=transform,
        confidence=confidence,
        layer=calibration.layer,
        timestep=calibration.timestep,
        source=_source(scene, transform),
        matches=found.pool.matches,
        trust=found.trust,
        certainty=sighting.certainty,
        matchers=found.pool.told,
        hypotheses=found.hypotheses,
        tried=_tried(found),
        repair_confidence=repair_confidence_in(
            transform,
            found.hypotheses[0].evidence if found.hypotheses else None,
            confidence,
            coarseness_of(transform, scene.mask),
        ),
    )


def _unmirrored(alignment: Alignment, scene: Scene) -> Alignment:
    """What was found in the mirrored reference, in pixels of the reference itself."""
    transform, width = alignment.transform, scene.reference.shape[1]
    return replace(
        alignment,
        correspondence=flipped(alignment.correspondence),
        region=flipped(alignment.region),
        transform=None if transform is None else unmirrored(transform, width),
        matches=tuple(
            replace(m, reference=m.reference * [-1, 1] + [width - 1, 0]) for m in alignment.matches
        ),
        hypotheses=tuple(replace(h, transform=unmirrored(h.transform, width)) for h in alignment.hypotheses),
        mirrored=True,
    )


def _confidence(found: "_Found", sighting: Sighting, calibration: Calibration) -> float:
    if found.hypotheses:
        return found.hypotheses[0].probability
    return confidence_in(found.trust, sighting.certainty, calibration.odds)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What one way of searching gave."""

    sighting: Sighting
    transform: Transform | None
    pool: Pool
    trust: float = 0.0
    hypotheses: tuple[Hypothesis, ...] = ()  # the most probable first; its transform is the one above


def _search(gaze: Gaze, scene: Scene, config: AlignmentConfig, sighting: Sighting) -> _Found:
    """Everything that may be the transform competes; where nothing lands, the region alone is known."""
    field = follow_sighting(gaze, scene, config.contexts[0], sighting)
    guess, trust = _guess(field, scene)
    if config.zoom and guess is not None and trust >= TRUSTED:
        sighting = look_along(gaze, scene, field.box, guess, sighting)
    if not config.transform or not _is_searchable(scene):
        return _Found(sighting, None, Pool(), trust)
    device, matchers = gaze.network.device, config.matchers
    attention = _joined([matches_of(view) for view in sighting.views]), field.matches
    pool = pool_of(scene, matchers, attention, device, lambda name: name not in LEARNED)
    proved = prove(scene, pool.matches)
    if not is_sure(proved) and FEATURES in matchers:
        proved = prove_inside(scene, seen_through(scene)) or proved
    if not is_sure(proved):  # learned matchers cost as much as all the rest
        pool = pool.joined(pool_of(scene, matchers, (), device, lambda name: name in LEARNED))
    guesses = [guess] if guess is not None and ATTENTION in matchers else []
    found = search(scene, pool, proved, guesses, field.matches, describe_by(matchers, device))
    return _Found(sighting, found[0].transform if found else None, pool, trust, tuple(found))


def _is_searchable(scene: Scene) -> bool:
    """Whether there is a context to verify a transform with."""
    sides = *scene.image.shape[:2], *scene.reference.shape[:2]
    return min(sides) >= LEAST_SIDE_PX and not scene.mask.all()


def _by_hand(gaze: Gaze, scene: Scene, config: AlignmentConfig, sighting: Sighting) -> _Found:
    """The transform through the points given; the network only shows what it sees along it."""
    assert scene.points is not None
    transform = transform_by_hand(scene, scene.points)
    if config.zoom:
        box = squared(crop_around(scene.mask, config.contexts[0]))
        sighting = look_along(gaze, scene, box, transform, sighting)
    image, reference = scene.points[:, :2], scene.points[:, 2:]
    given = Matches(image, reference, np.ones(len(image)), transform.source, transform.tolerance_px)
    return _Found(sighting, transform, Pool((given,)))


def _tried(found: _Found) -> str:
    """What a search went through, to be told where it is refused."""
    counts: dict[str, int] = {}
    for matches in found.pool.matches:
        counts[matches.source] = counts.get(matches.source, 0) + len(matches)
    told = " and ".join(f"{count} matches of {source}" for source, count in counts.items())
    proved = found.transform is not None and found.transform.is_proved
    ring = "agree hardly" if proved else "do not agree"
    return f"tried {told}, which {ring} with what surrounds the mask" if told else "tried attention alone"


def _source(scene: Scene, transform: Transform | None) -> str:
    if transform is not None:
        return transform.source
    return "correspondence" if scene.within is None else "region"


def check_address(network: Network, layer: str, timestep: int) -> None:
    """Raise UsageError unless the network has this cross-attention layer and noise level."""
    layers = cross_attention_layers(network.unet)
    if layer not in layers:
        raise UsageError(
            f"{setting('layer')} {layer}: the network has no such layer",
            f"its layers are: {', '.join(layers)}",
        )
    last = network.scheduler.config.num_train_timesteps - 1
    if not 0 <= timestep <= last:
        raise UsageError(f"{setting('timestep')} {timestep}: is outside the schedule", f"use 0 to {last}")


def _guess(field: AttentionField, scene: Scene) -> tuple[Transform | None, float]:
    """The transform that the field of attention is nearest to, and the trust in the field.

    Generated images are not photographs: cloth hangs otherwise, print is drawn anew, and no warp explains the
    ring to the pixel. The field still says where the part lies, and how it is seen there.
    """
    transform = field.similarity()
    if transform is None:
        return None, field.trust
    region = transform.region(scene.mask, scene.reference.shape)
    leads_nowhere = not region.any() or _is_flat(scene.reference, region)
    if leads_nowhere or (scene.within is not None and not lands(transform, scene)):
        return None, 0.0
    return transform, field.trust


def _is_flat(reference: NDArray[np.uint8], region: NDArray[np.bool_]) -> bool:
    """Whether the region shows nothing that could be recognised."""
    return float(reference[region].mean(-1).std()) < LEAST_STRUCTURE


def _joined(parts: Sequence[Matches]) -> Matches:
    return Matches(
        np.concatenate([part.image for part in parts]),
        np.concatenate([part.reference for part in parts]),
        np.concatenate([part.weights for part in parts]),
        parts[0].source,
        float(np.median([part.tolerance_px for part in parts])),
    )
