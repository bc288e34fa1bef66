"""A step of training without numbers: torch's fake tensors go its way, and what would live is counted."""

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Generator, Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from artifix.network.assembly import Network
from artifix.network.device import DTYPES
from artifix.training.config import TrainingConfig
from artifix.training.pairs.synthesis import Pairs
from artifix.training.preparation import arrange, trained_parameters
from artifix.training.step import task_loss

CPU = torch.device("cpu")


class _Living(TorchDispatchMode):
    """Counts the bytes of all tensors that operations make, until they are dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._known: dict[int, weakref.ref[Any]] = {}

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(made):
            if isinstance(leaf, Tensor):
                self._count(leaf.untyped_storage())
        return made

    def _count(self, storage: torch.UntypedStorage) -> None:
        key, size = id(storage), storage.nbytes()
        if key in self._known:  # a view, or the same tensor changed
            return
        self.now += size
        self.peak = max(self.peak, self.now)
        self._known[key] = weakref.ref(storage, lambda _: self._drop(key, size))

    def _drop(self, key: int, size: int) -> None:
        del self._known[key]
        self.now -= size


def rehearse(
    network: Network, config: TrainingConfig, device: torch.device, batch: tuple[str, int, int], again: bool
) -> int:
    """The most bytes that live at once in the passes of one batch, besides the weights.

    What single operations take for themselves, and what an allocator wastes, is not among them: reality takes
    more.

    Args:
        network: of `blueprint`; it is used up.
        config: its precision settled.
        device: what is trained on; whatever it is, a CPU is played.
        batch: task, pairs and side of the crops [px].
        again: whether gradients of an earlier batch are there already, which count then.
    """
    task, count, crop_px = batch
    arrange(network, device, config)
    precision = config.loop.precision
    with FakeTensorMode(allow_non_fake_inputs=True):
        for part in network.parts:
            part.to_empty(device=CPU)
        with _Living() as living:
            if again:
                for parameter in trained_parameters(network):
                    parameter.grad = torch.empty_like(parameter)
            pairs = _pairs(count, crop_px, network.reference_size_px)
            with torch.autocast("cpu", DTYPES[precision], enabled=precision != "fp32"):
                loss = task_loss(network, task, pairs, config.losses, Generator())["loss"]
            loss.backward()
        return living.peak


def _pairs(count: int, crop_px: int, reference_px: int) -> Pairs:
    crop, reference = (crop_px, crop_px), (reference_px, reference_px)
    return Pairs(
        clean=torch.empty(count, 3, *crop),
        garbled=torch.empty(count, 3, *crop),
        mask=torch.empty(count, 1, *crop),
        reference=torch.empty(count, 3, *reference),
        aligned=torch.empty(count, 3, *crop),
        valid=torch.empty(count, 1, *crop),
        match=torch.empty(count, *crop, 2),
        matchable=torch.empty(count, 1, *crop),
    )
