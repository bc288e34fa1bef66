"""What is known of a network's attention: where it is read, and what it says."""

from dataclasses import dataclass
from typing import Any

from artifix.alignment.confidence import ATTENTION_LOGIT_WEIGHTS, LogitWeights
from artifix.config import AlignmentConfig
from artifix.errors import UsageError
from artifix.network.assembly import Network
from artifix.network.attention import cross_attention_layers
from artifix.setting_names import setting


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is known of a network's attention."""

    layer: str  # module path of the cross-attention layer that locates best
    timestep: int  # the noise level it is read at
    logit_weights: LogitWeights = ATTENTION_LOGIT_WEIGHTS  # of being right, by what it says

    @classmethod
    def of(cls, known: Any, wanted: AlignmentConfig) -> "Calibration":
        """That of the weights, whose configuration is `known`, but for what the settings say."""
        layer = known.alignment_layer if wanted.layer is None else wanted.layer
        timestep = known.alignment_timestep if wanted.timestep is None else wanted.timestep
        # Of weights whose own are not known, those of others rank at least: more trust is more probable.
        return cls(layer, timestep, tuple(known.confidence_odds or ATTENTION_LOGIT_WEIGHTS))


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
