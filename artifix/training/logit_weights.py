"""How sure is what attention says? Log-odds fitted to places that are known, in pictures never trained on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from artifix.alignment.calibration import Calibration
from artifix.alignment.confidence import LogitWeights, Told, fit_logit_weights
from artifix.alignment.stage import align
from artifix.config import AlignmentConfig
from artifix.geometry import centre_hits
from artifix.network.assembly import Network
from artifix.scene import Scene
from artifix.training.pairs.sources import Sources
from artifix.training.pairs.synthesis import Pairs, make_pairs
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.tasks import ALIGNMENT

SEED = 20_240_118
COUNT = 64  # pairs that are located, each in its own reference and in that of another object
LEAST_OBJECTS = 8  # fewer are no sample
LEAST_OF_A_KIND = 16  # right places, and wrong ones, that three numbers may be fitted to
LARGER = 2  # side of the pictures over those the network works on: it looks at parts of them
LEAST_SHOWN = 0.8  # of the masked pixels, that the reference must show
# What attention says, and nothing else: the weights count where no transform is found.
_ALONE = AlignmentConfig(transform=False)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Log-odds of one network, or why there are none."""

    logit_weights: LogitWeights | None
    told: str


@dataclass(frozen=True, slots=True, eq=False)
class KnownPair:
    """A pair whose place is known."""

    scene: Scene
    region: NDArray[np.bool_]  # (H_ref, W_ref), where the masked part lies
    object: int


def fitted_logit_weights(network: Network, held_out: Sources, config: SynthesisConfig, layer: str) -> Fitted:
    """Locate pairs of held-out objects in their own references and in others, and fit the weights to that.

    Args:
        network: with the weights to be exported, in evaluation mode.
        held_out: nothing of it was trained on.
        config: what the pairs are like.
        layer: whose attention is read, at the timestep 0.
    """
    objects = len(held_out.of_each_object())
    if objects < LEAST_OBJECTS:
        return Fitted(None, f"too few objects were held out: {objects}, and {LEAST_OBJECTS} are the least")
    known = list(known_pairs(network, held_out, config))
    places = list(_places(network, known, Calibration(layer, 0)))
    sides = [sum(place.is_right == right for place in places if place.trust > 0) for right in (True, False)]
    counts = f"{sides[0]} right and {sides[1]} wrong places"
    if min(sides) < LEAST_OF_A_KIND:
        return Fitted(None, f"{counts} were found, {LEAST_OF_A_KIND} of each are the least")
    by_trust, by_certainty, bias = (round(value, 2) for value in fit_logit_weights(places))
    return Fitted((by_trust, by_certainty, bias), f"fitted to {counts}")


def _places(network: Network, known: Sequence[KnownPair], calibration: Calibration) -> Iterator[Told]:
    """Each pair in its own reference, and in that of the next one of another object."""
    for place, pair in enumerate(known):
        found = align(network, pair.scene, _ALONE, calibration, SEED)
        yield Told(found.trust, found.certainty, centre_hits(found.region, pair.region))
        others = (*known[place + 1 :], *known[:place])
        stranger = next((other for other in others if other.object != pair.object), None)
        if stranger is not None:
            scene = replace(pair.scene, reference=stranger.scene.reference)
            found = align(network, scene, _ALONE, calibration, SEED)
            yield Told(found.trust, found.certainty, False)


@torch.no_grad()
def known_pairs(network: Network, held_out: Sources, config: SynthesisConfig) -> Iterator[KnownPair]:
    """About as many pairs of each object; of those that the reference hardly shows there are none."""
    random = Generator(network.device).manual_seed(SEED)
    # A mask of several blobs would be several parts; where prints are few, another object may bear the same.
    few = len(held_out.decals) < COUNT
    config = replace(config, blobs_share=0.0, decal_share=0.0 if few else config.decal_share)
    sizes = LARGER * network.working_size_px, LARGER * network.reference_size_px
    objects = held_out.of_each_object()[:COUNT]
    for number, sources in enumerate(objects):
        pairs = make_pairs(sources, ALIGNMENT, -(-COUNT // len(objects)), *sizes, config, random)
        for row in range(len(pairs.clean)):
            region = region_of(pairs, row)
            if region is not None:
                yield KnownPair(_scene(pairs, row), region, number)


def _scene(pairs: Pairs, row: int) -> Scene:
    return Scene(_pixels(pairs.garbled[row]), _mask(pairs, row), _pixels(pairs.reference[row]))


def _mask(pairs: Pairs, row: int) -> NDArray[np.bool_]:
    return np.asarray(pairs.mask[row, 0].cpu().numpy() > 0)


def _pixels(picture: Tensor) -> NDArray[np.uint8]:
    """(3, S, S) in [-1, 1] to (S, S, 3) uint8."""
    return np.asarray(((picture.float() + 1) * 127.5).round().clamp(0, 255).byte().permute(1, 2, 0).cpu())


def region_of(pairs: Pairs, row: int) -> NDArray[np.bool_] | None:
    """(R, R) the pixels of the reference that the masked ones match; None where too few do."""
    mask, side = _mask(pairs, row), pairs.reference.shape[-1]
    shown = mask & (pairs.matchable[row, 0].cpu().numpy() > 0)
    if not shown.any() or shown.sum() < LEAST_SHOWN * mask.sum():
        return None
    points = (pairs.match[row].float().cpu().numpy()[shown] + 1) / 2 * side
    x, y = points.astype(int).clip(0, side - 1).T
    region = np.zeros((side, side), bool)
    region[y, x] = True
    return region
