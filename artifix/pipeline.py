"""Align, then refine: the pipeline that owns the network."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Unpack

import numpy as np
from diffusers import DDIMScheduler, DiffusionPipeline, UNet2DConditionModel
from numpy.typing import NDArray
from transformers import Dinov2Model

from artifix.alignment.alignment import Alignment
from artifix.alignment.calibration import Calibration
from artifix.alignment.choice import choose, refusal_of, refusal_of_all
from artifix.alignment.confidence import ATTENTION_LOGIT_WEIGHTS
from artifix.alignment.locate_result import LocateResult, result_of
from artifix.alignment.small_parts import settled
from artifix.alignment.stage import align
from artifix.alignment.stored import restore
from artifix.config import RefineConfig, RefineSettings, override
from artifix.errors import InputError
from artifix.inputs.case import Case
from artifix.inputs.hint import PointsLike, RegionLike
from artifix.inputs.parts import parts_of
from artifix.inputs.request import MaskReading, MaskSource, check_settings
from artifix.inputs.sources import PictureLike, cases_of
from artifix.inputs.stored_alignment import StoredAlignment
from artifix.network.assembly import Network
from artifix.network.codec import Codec
from artifix.network.detail import DetailEncoder
from artifix.network.projection import Projection
from artifix.progress import Progress, tell
from artifix.refinement.network_refiner import NetworkRefiner
from artifix.refinement.refiner import Refiner
from artifix.repainting import repaint_all
from artifix.result import RefineResult
from artifix.scene import Scene


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
            # By default transformers keeps the files' dtype, and diffusers makes it fp32.
            image_encoder=image_encoder.to(unet.dtype),
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
        self.painter: Refiner | None = None  # another model for stage 2; None where the network paints too
        self.located_with: dict[str, str] | None = None  # then name and sha256 of the network's own weights

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

    @property
    def refiner(self) -> Refiner:
        """What paints in stage 2."""
        return NetworkRefiner(self.network) if self.painter is None else self.painter

    def settled(self, config: RefineConfig) -> RefineConfig:
        """The settings with what the user leaves to the weights filled in."""
        return replace(config, refinement=self.refiner.sampling.settle(config.refinement))

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
            tell(progress, "align", i, len(parts))
            found.append(self._align(case, part, config))
        tell(progress, "align", len(parts), len(parts))
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
            problem, hint = error.marked
            raise InputError(f"{stored.path}: {problem}", hint) from error
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
        return repaint_all(self.network, self.refiner, case, located, config, progress)

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
