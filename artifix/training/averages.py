"""The network with its averaged weights: what is validated during a run, and exported at its end."""

from collections.abc import Iterator
from contextlib import contextmanager

from artifix.network.assembly import Network
from artifix.training.preparation import trained_parameters, trained_parts
from artifix.training.sharding import is_sharded, whole_average
from artifix.training.update import Training


@contextmanager
def averaged(training: Training) -> Iterator[Network | None]:
    """The network to validate, in the main process, None in the others; training goes on as if nothing was.

    All processes enter at once: where weights are sharded, they have to be gathered.
    """
    network, state = training.network, training.state
    is_main = training.accelerator.is_main_process
    if is_sharded(network):
        whole = averaged_network(training)
        yield whole if is_main else None
    elif is_main:
        state.ema.store(trained_parameters(network))
        yield averaged_network(training)
        for part in trained_parts(network).values():
            part.train()
        state.ema.restore(trained_parameters(network))
    else:
        yield None


def averaged_network(training: Training) -> Network:
    """A whole network with the averages, in evaluation mode: that of the training, unless it is sharded."""
    network, averages = training.network, training.state.ema
    if is_sharded(network):
        return whole_average(network, averages.shadow_params, training.config)
    averages.copy_to(trained_parameters(network))
    for part in trained_parts(network).values():
        part.eval()
    return network
