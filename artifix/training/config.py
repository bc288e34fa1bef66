"""Every number of a training run."""

from dataclasses import dataclass, field

from artifix.network.assembly import NetworkConfig
from artifix.training.step import LossConfig
from artifix.training.synthesis import SynthesisConfig


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the training at one resolution; every step sees pairs of both tasks."""

    crop_px: int = 128
    alignment_batch: int = 10
    refinement_batch: int = 8
    share: float = 1.0  # of all steps


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """The recipe of the bundled weights."""

    network: NetworkConfig = field(default_factory=NetworkConfig)
    synthesis: SynthesisConfig = field(default_factory=SynthesisConfig)
    losses: LossConfig = field(default_factory=LossConfig)
    steps: int = 1300  # length of the learning rate's schedule
    phases: tuple[Phase, ...] = (Phase(64, 24, 10, 0.4), Phase(128, 12, 10, 0.6))  # progressive resolution
    learning_rate: float = 8e-4  # its peak; cosine to 0
    warmup_steps: int = 100
    weight_decay: float = 0.01
    beta2: float = 0.99  # of AdamW
    gradient_norm: float = 1.0  # gradients are clipped to it
    ema_decay: float = 0.998
    source_px: int = 320  # training images are squeezed to this square
    decal_px: int = 160
    lettering: int = 400  # decals of invented lettering drawn besides those found
    seed: int = 0
    log_every_s: float = 5.0
    checkpoint_every_s: float = 240.0
    validate_every_steps: int = 250

    def phase(self, step: int) -> Phase:
        """The phase that `step` belongs to."""
        reached = 0.0
        for phase in self.phases:
            reached += phase.share * self.steps
            if step < reached:
                return phase
        return self.phases[-1]
