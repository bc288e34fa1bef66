"""Align, then refine: the pipeline that owns the network."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar, Unpack

import numpy as np
from diffusers import DDIMScheduler, DiffusionPipeline, UNet2DConditionModel
from numpy.typing import NDArray
from transformers import Dinov2Model

from artifix.alignment.alignment import Alignment
from artifix.alignment.calibration import Calibration
from artifix.alignment.choice import choose, refusal_of, refusal_of_all
from artifix.alignment.confidence import ATTENTION_LOGIT_WEIGHTS
from artifix.alignment.found_again import found_again
from artifix.alignment.located import LocateResult, result_of
from artifix.alignment.scraps import settled
from artifix.alignment.stage import align
from artifix.alignment.stored import restore
from artifix.config import RefineConfig, RefinementConfig, RefineSettings, override
from artifix.errors import InputError
from artifix.inputs.case import Case
from artifix.inputs.hint import PointsLike, RegionLike
from artifix.inputs.parts import parts_of
from artifix.inputs.request import MaskReading, MaskSource, check_settings
from artifix.inputs.sources import PictureLike, cases_of
from artifix.inputs.stored_alignment import StoredAlignment
from artifix.matching.descriptors import describe_by
from artifix.network.assembly import Network
from artifix.network.codec import Codec
from artifix.network.detail import DetailEncoder
from artifix.network.projection import Projection
from artifix.refinement.composite import paste
from artifix.refinement.inpainting import inpaint, inpainted_note
from artifix.refinement.postprocessing import Postprocessing
from artifix.refinement.reference_warp import warp_of
from artifix.refinement.repainted import Candidate, Repainted
from artifix.refinement.soft_edge import Core, blend_shares
from artifix.refinement.stage import AlignedReference, Patch, repaint
from artifix.refinement.transparency import opaque_where_repainted, transparency_note
from artifix.registration.content import agreement
from artifix.result import RefineResult
from artifix.scene import Scene

Progress = Callable[[str, int, int], None]  # stage ("align" or "sample"), done, total


class RefineByAlignPipeline(DiffusionPipeline):
    """Repair an artifact of a generated image from a reference photo of the same object.

    Refine-by-Align (Song et al., ICLR 2025) with an aligned reference: stage 1 finds the masked part in the
    reference, stage 2 repaints it by masked diffusion inpainting. Saved and loaded as a diffusers folder.

    Args:
        unet: the denoiser.
        image_encoder: encodes the reference.
        projection: the encoder's tokens to the width of the cross-attention.
        codec: pixels to latents.
        scheduler: the noise schedule.
        detail_encoder: fine detail of crop and reference alike; None for the paper's network.
        alignment_layer: module path of the cross-attention layer that locates best.
        alignment_timestep: the noise level it is read at.
        residual: the denoiser corrects the aligned reference instead of painting from nothing.
        confidence_odds: of a location being right; see `alignment.confidence`. None where they are not known.
    """

    _optional_components: ClassVar[list[str]] = ["detail_encoder"]

    def __init__(
        self,
        unet: UNet2DConditionModel,
        image_encoder: Dinov2Model,
        projection: Projection,
        codec: Codec,
        scheduler: DDIMScheduler,
        detail_encoder: DetailEncoder | None = None,
        alignment_layer: str = "up_blocks.0.attentions.1",
        alignment_timestep: int = 0,
        residual: bool = True,
        confidence_odds: Sequence[float] | None = ATTENTION_LOGIT_WEIGHTS,
    ) -> None:
        super().__init__()
        self.register_modules(
            unet=unet,
            image_encoder=image_encoder,
            projection=projection,
            codec=codec,
            scheduler=scheduler,
            detail_encoder=detail_encoder,
        )
        self.register_to_config(
            alignment_layer=alignment_layer,
            alignment_timestep=alignment_timestep,
            residual=residual,
            confidence_odds=None if confidence_odds is None else list(confidence_odds),
        )
        self.weights_name = ""
        self.weights_sha256 = ""

    @property
    def network(self) -> Network:
        """The parts, as both stages take them."""
        return Network(
            unet=self.unet,
            image_encoder=self.image_encoder,
            projection=self.projection,
            codec=self.codec,
            scheduler=self.scheduler,
            detail_encoder=self.detail_encoder,
            residual=self.config.residual,
        )

    def locate(
        self, case: Case, config: RefineConfig | None = None, progress: Progress | None = None
    ) -> LocateResult:
        """Find each mask group of the case in its reference.

        Raises:
            NoMatchError: nothing in the reference matches a group; `found` of it is the best guess.
            UsageError: a layer or timestep that the network does not have.
        """
        return self.search(case, config, progress).sure()

    def search(
        self, case: Case, config: RefineConfig | None = None, progress: Progress | None = None
    ) -> LocateResult:
        """As `locate`, but what is not sure enough is not refused: `refusal` of the result says why."""
        config = config or RefineConfig()
        case = case.cut_at(config.alignment.mask_threshold)
        started = time.perf_counter()
        parts, specks = parts_of(case.mask)
        found = []
        for i, part in enumerate(parts):
            _tell(progress, "align", i, len(parts))
            found.append(self._align(case, part, config))
        _tell(progress, "align", len(parts), len(parts))
        found = settled(found, config.alignment)
        refusal = refusal_of(found, config.alignment)
        return result_of(found, refusal, {"align_s": time.perf_counter() - started}, specks)

    def search_best(
        self, cases: Sequence[Case], config: RefineConfig | None = None, progress: Progress | None = None
    ) -> tuple[int, list[LocateResult]]:
        """Search every one of several references.

        Args:
            cases: the same image and mask, each with another reference.
            config: the settings.
            progress: told of every step.

        Returns:
            The index of the best reference (see `choose`), and the results of all; `refusal` of the best
            says why none of them is sure enough.
        """
        config = config or RefineConfig()
        found = [self.search(case, config, progress) for case in cases]
        parts, names = [result.alignments for result in found], [case.reference.path.name for case in cases]
        best = choose(parts)
        found[best] = replace(found[best], refusal=refusal_of_all(parts, names, config.alignment))
        return best, found

    def restore(
        self, case: Case, stored: StoredAlignment, config: RefineConfig | None = None
    ) -> LocateResult:
        """What an alignment.json says, as if it had just been found.

        Raises:
            InputError: it holds something that is no answer for this case.
        """
        wanted = (config or RefineConfig()).alignment
        case = case.cut_at(wanted.mask_threshold)
        parts, specks = parts_of(case.mask)
        try:
            found = restore(stored.groups, parts, case.reference.size, stored.correspondence)
        except InputError as error:
            raise InputError(f"{stored.path}: {error.problem}", error.hint) from error
        return result_of(found, refusal_of(found, wanted), specks=specks)

    def refine(
        self,
        case: Case,
        config: RefineConfig | None = None,
        progress: Progress | None = None,
        located: LocateResult | None = None,
    ) -> RefineResult:
        """Repair every mask group of the case.

        Args:
            case: what to repair.
            config: the settings.
            progress: told of every step.
            located: where the groups lie, if that is known already; by default they are located.

        Raises:
            NoMatchError: nothing in the reference matches a group; `found` of it is the best guess.
            UsageError: a layer or timestep that the network does not have.
        """
        config = config or RefineConfig()
        case = case.cut_at(config.alignment.mask_threshold)
        located = located or self.search(case, config, progress)
        located.check_for_repair(config.alignment)
        started = time.perf_counter()
        refined, repainted, wanted = case.image.pixels, list[Repainted | None](), config.refinement
        placed = [self._aligned(case, found, config) for found in located.alignments]
        cores = [Core.of(found.mask, at) for found, at in zip(located.alignments, placed, strict=True)]
        blends = blend_shares(case.blend, case.levels, cores, wanted.context)
        last = Postprocessing(case.image.rgb, case.blend > 0, case.spoiled, wanted.grain, config.seed)
        for i, alignment in enumerate(located.alignments):
            if alignment.filled:
                repainted.append(None)
                continue
            patch, seed, tried = self._repaint(case, alignment, config, i, len(located.alignments), progress)
            patch, grain = last.apply(patch, placed[i], i)
            refined = paste(refined, patch.pixels, patch.box, blends[i], wanted.feather_px)
            repainted.append(Repainted(seed, grain, tried))
        painted = [*blends, *([] if located.specks is None else [located.specks])]
        refined, alpha = inpaint(refined, located.filled), opaque_where_repainted(case.image.alpha, painted)
        notes = tuple(filter(None, (inpainted_note(located.filled), transparency_note(alpha, painted))))
        timings = located.timings | {"sample_s": time.perf_counter() - started}
        found, filled = located.alignments, located.filled
        return RefineResult(refined, found, tuple(repainted), timings, alpha, filled, notes)

    def __call__(
        self,
        image: PictureLike,
        mask: PictureLike | None,
        reference: PictureLike | Sequence[PictureLike],
        *,
        region: RegionLike | None = None,
        points: PointsLike | None = None,
        mask_from: MaskSource = "auto",
        invert_mask: bool = False,
        fit_mask: bool = False,
        progress: Progress | None = None,
        **settings: Unpack[RefineSettings],
    ) -> RefineResult:
        """Repair an image after a reference photo; arguments, result and errors as of `artifix.refine`."""
        config = override(RefineConfig(), **settings)
        check_settings(config.alignment, points is not None)
        reading = MaskReading(mask_from, invert_mask, fit_mask)
        cases = cases_of(image, mask, reference, region, points, reading)
        if len(cases) == 1:
            return self.refine(cases[0], config, progress)
        best, found = self.search_best(cases, config, progress)
        return self.refine(cases[best], config, progress, found[best])

    def _align(self, case: Case, part: NDArray[np.bool_], config: RefineConfig) -> Alignment:
        wanted = config.alignment
        return align(
            self.network,
            Scene(case.image.rgb, part, case.reference.rgb, case.mask, case.hint.region, case.hint.points),
            wanted,
            Calibration.of(self.config, wanted),
            config.seed,
        )

    def _repaint(
        self,
        case: Case,
        alignment: Alignment,
        config: RefineConfig,
        index: int,
        count: int,
        progress: Progress | None,
    ) -> tuple[Patch, int, tuple[Candidate, ...]]:
        steps = config.refinement.steps
        seeds = [config.seed + k for k in range(config.refinement.candidates)]
        patches = repaint(
            self.network,
            case.image.rgb,
            alignment.mask,
            case.reference.rgb,
            alignment.region,
            self._aligned(case, alignment, config),
            config.refinement,
            seeds,
            lambda done, total: _tell(progress, "sample", index * steps + done, count * steps),
        )
        if len(patches) == 1:
            return patches[0], seeds[0], ()
        image, feather_px = case.image.rgb, RefinementConfig().feather_px  # one for all, to be compared
        pasted = (paste(image, patch.pixels, patch.box, alignment.mask, feather_px) for patch in patches)
        scores = [found_again(self.network, one, case.reference.rgb, alignment, config) for one in pasted]
        best = int(np.argmax(scores))
        return patches[best], seeds[best], tuple(map(Candidate, seeds, scores))

    def _aligned(self, case: Case, alignment: Alignment, config: RefineConfig) -> AlignedReference | None:
        hypothesis = alignment.hypothesis
        if hypothesis is None or not config.refinement.aligned_reference:
            return None
        transform = hypothesis.transform
        scene = Scene(case.image.rgb, alignment.mask, case.reference.rgb)
        described = describe_by(config.alignment.matchers, self.network.device)
        likeness = partial(agreement, scene, transform, described)
        return AlignedReference(warp_of(transform, case.reference), hypothesis.is_exact, likeness)


def _tell(progress: Progress | None, stage: str, done: int, total: int) -> None:
    if progress is not None:
        progress(stage, done, total)
