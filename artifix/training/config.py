"""Every number of a training run. Recipes are TOML files that change the defaults here."""

from dataclasses import dataclass, field

from artifix.network.building import NetworkConfig
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.step import LossConfig
from artifix.training.tasks import ALIGNMENT, MATCHING, REFINEMENT


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the training at one resolution; every step sees pairs of each task with a batch."""

    crop_px: int
    share: float = 1.0  # of all steps
    matching_batch: int = 0  # pairs for the detail encoder alone
    alignment_batch: int = 0
    refinement_batch: int = 0

    @property
    def batches(self) -> dict[str, int]:
        """Pairs of each task in one step, those without any left out."""
        counts = {
            MATCHING: self.matching_batch,
            ALIGNMENT: self.alignment_batch,
            REFINEMENT: self.refinement_batch,
        }
        return {task: count for task, count in counts.items() if count}


@dataclass(frozen=True, slots=True)
class BaseConfig:
    """Folders of weights to start from; "" trains that part from scratch."""

    pipeline: str = ""  # folder of artifix weights: fine-tuning; the others must be ""
    unet: str = ""  # folder of a diffusers inpainting pipeline: its U-Net, autoencoder and noise schedule
    autoencoder: str = ""  # folder of an AutoencoderTiny or AutoencoderKL to take instead of its own
    image_encoder: str = ""  # folder of a Dinov2Model
    frozen_image_encoder: bool = False  # leave the reference encoder as it is, as the paper does

    @property
    def folders(self) -> tuple[str, ...]:
        """Those that are set."""
        known = (self.pipeline, self.unet, self.autoencoder, self.image_encoder)
        return tuple(folder for folder in known if folder)


@dataclass(frozen=True, slots=True)
class DataConfig:
    """Where the pairs come from: shares of the batches, and how the images are kept in memory."""

    images_share: float = 1.0  # of the single images of --data
    pairs_share: float = 0.0  # of the objects seen in several views of --pairs
    real_share: float = 0.0  # of the pairs of photos with known geometry in a pack (--data)
    procedural_share: float = 0.0  # of scenes drawn by code
    two_styles_share: float = 0.0  # of those: drawn twice, in two styles, each the other's reference
    procedural_scenes: int = 600
    source_px: int = 320  # training images are squeezed to this square
    decal_px: int = 160
    lettering: int = 400  # decals of invented lettering drawn besides those found


@dataclass(frozen=True, slots=True)
class OptimizerConfig:
    """AdamW and the average of the weights."""

    learning_rate: float = 8e-4  # its peak
    projection_learning_rate: float | None = None  # of the MLP; None = that of the rest
    schedule: str = "cosine"  # to 0 at the last step, or "constant"; both after a linear warm-up
    warmup_steps: int = 100
    weight_decay: float = 0.01
    beta2: float = 0.99
    gradient_norm: float = 1.0  # gradients are clipped to it
    ema_decay: float = 0.998


@dataclass(frozen=True, slots=True)
class LoopConfig:
    """How the steps are run, and what is written meanwhile."""

    precision: str = "auto"  # "fp32", "bf16", "fp16", or "auto": what the device is fast in
    gradient_accumulation: int = 1  # batches of each task in one step
    gradient_checkpointing: bool = False  # less memory, a third more time
    log_every_s: float = 5.0
    checkpoint_every_s: float = 240.0
    validate_every_steps: int = 250


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """A recipe."""

    steps: int  # length of the learning rate's schedule
    phases: tuple[Phase, ...]  # one after the other
    network: NetworkConfig = field(default_factory=NetworkConfig)
    base: BaseConfig = field(default_factory=BaseConfig)
    data: DataConfig = field(default_factory=DataConfig)
    synthesis: SynthesisConfig = field(default_factory=SynthesisConfig)
    losses: LossConfig = field(default_factory=LossConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    loop: LoopConfig = field(default_factory=LoopConfig)
    seed: int = 0

    def phase(self, step: int) -> Phase:
        """The phase that `step` belongs to."""
        reached = 0.0
        for phase in self.phases:
            reached += phase.share * self.steps
            if step < reached:
                return phase
        return self.phases[-1]
