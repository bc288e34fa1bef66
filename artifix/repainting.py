"""Stage 2 of a case: every mask group that was located is repainted, finished and pasted back."""

import time
from collections.abc import Callable
from functools import partial

import numpy as np

from artifix.alignment.alignment import Alignment
from artifix.alignment.found_again import found_again
from artifix.alignment.locate_result import LocateResult
from artifix.config import RefineConfig, RefinementConfig
from artifix.inputs.case import Case
from artifix.matching.descriptors import describe_all_by
from artifix.network.assembly import Network
from artifix.progress import Progress, tell
from artifix.refinement.composite import paste
from artifix.refinement.inpainting import inpaint, inpainted_note
from artifix.refinement.postprocessing import Postprocessing
from artifix.refinement.reference_warp import warp_of
from artifix.refinement.refiner import Refiner
from artifix.refinement.repainted import Candidate, Repainted
from artifix.refinement.soft_edge import Core, blend_shares
from artifix.refinement.stage import AlignedReference, Patch, repaint
from artifix.refinement.transparency import opaque_where_repainted, transparency_note
from artifix.registration.content import agreement
from artifix.result import RefineResult
from artifix.scene import Scene


def repaint_all(
    network: Network,
    refiner: Refiner,
    case: Case,
    located: LocateResult,
    config: RefineConfig,
    progress: Progress | None,
) -> RefineResult:
    """Repaint every mask group of the case after the region found for it.

    Args:
        network: what located them, and judges candidates.
        refiner: what paints.
        case: cut at the threshold of the mask.
        located: where its groups lie, good enough for a repair.
        config: the settings.
        progress: told of every step.
    """
    started = time.perf_counter()
    refined, repainted, wanted = case.image.pixels, list[Repainted | None](), config.refinement
    groups = located.alignments
    placed = [_aligned(network, case, group, config) for group in groups]
    cores = [Core.of(group.mask, at) for group, at in zip(groups, placed, strict=True)]
    blends = blend_shares(case.blend, case.levels, cores, wanted.context)
    last = Postprocessing(case.image.rgb, case.blend > 0, case.spoiled, wanted.grain, config.seed)
    for i, group in enumerate(groups):
        if group.filled:
            repainted.append(None)
            continue
        told = partial(_told, progress, i, len(groups))
        patch, seed, tried = _repainted(network, refiner, case, group, placed[i], config, told)
        patch, grain = last.apply(patch, placed[i], i)
        refined = paste(refined, patch.pixels, patch.box, blends[i], wanted.feather_px)
        repainted.append(Repainted(seed, grain, tried))
    painted = [*blends, *([] if located.specks is None else [located.specks])]
    refined, alpha = inpaint(refined, located.filled), opaque_where_repainted(case.image.alpha, painted)
    notes = tuple(filter(None, (inpainted_note(located.filled), transparency_note(alpha, painted))))
    timings = located.timings | {"sample_s": time.perf_counter() - started}
    return RefineResult(refined, groups, tuple(repainted), timings, alpha, located.filled, notes)


def _told(progress: Progress | None, index: int, count: int, done: int, total: int) -> None:
    tell(progress, "sample", index * total + done, count * total)


def _repainted(
    network: Network,
    refiner: Refiner,
    case: Case,
    group: Alignment,
    aligned: AlignedReference | None,
    config: RefineConfig,
    told: Callable[[int, int], None],
) -> tuple[Patch, int, tuple[Candidate, ...]]:
    """The best drawing of a group, its seed, and the candidates it was chosen from, if there were more."""
    seeds = [config.seed + k for k in range(config.refinement.candidates)]
    image, reference = case.image.rgb, case.reference.rgb
    patches = repaint(
        refiner, image, group.mask, reference, group.region, aligned, config.refinement, seeds, told
    )
    if len(patches) == 1:
        return patches[0], seeds[0], ()
    feather_px = RefinementConfig().feather_px  # one for all, to be compared
    pasted = (paste(image, patch.pixels, patch.box, group.mask, feather_px) for patch in patches)
    scores = [found_again(network, one, reference, group, config) for one in pasted]
    best = int(np.argmax(scores))
    return patches[best], seeds[best], tuple(map(Candidate, seeds, scores))


def _aligned(network: Network, case: Case, group: Alignment, config: RefineConfig) -> AlignedReference | None:
    """The reference as the group's transform lays it over the image; None where there is no transform."""
    hypothesis = group.hypothesis
    if hypothesis is None or not config.refinement.aligned_reference:
        return None
    transform = hypothesis.transform
    scene = Scene(case.image.rgb, group.mask, case.reference.rgb)
    described = describe_all_by(config.alignment.matchers, network.device)
    likeness = partial(agreement, scene, transform, described)
    return AlignedReference(warp_of(transform, case.reference), hypothesis.is_exact, likeness)
