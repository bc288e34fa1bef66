"""Where a training starts. Stand-in: the colleague's module replaces it at the merge."""

from artifix.network.assembly import Network, build_network
from artifix.training.config import TrainingConfig


def start_network(config: TrainingConfig) -> Network:
    """The network a training starts with, from scratch."""
    return build_network(config.network)
