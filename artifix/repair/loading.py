"""Weights, loaded and checked, on the device that was asked for."""

import gc
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from artifix.config import RunConfig

if TYPE_CHECKING:
    from artifix.network.threads import CoreWatch
    from artifix.pipeline import RefineByAlignPipeline


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A pipeline and where it runs."""

    pipeline: "RefineByAlignPipeline"
    device: str
    dtype: str
    load_s: float = 0.0
    threads: int = 1


def load(
    config: RunConfig, tell: Callable[[str], None] = lambda text: None, owns_process: bool = False
) -> Loaded:
    """Load and check the weights, and tell what runs where, and if their confidence says little.

    Args:
        config: which weights, where, on how many threads.
        tell: told one line.
        owns_process: the number of threads may be chosen for the whole process, where `config` does not say,
            and its garbage left uncollected meanwhile.

    Raises:
        WeightsError: the weights are missing, changed or unsafe.
        DeviceError: the device is not there.
    """
    with _uncollected() if owns_process else nullcontext():
        return _load(config, tell, owns_process)


def _load(config: RunConfig, tell: Callable[[str], None], owns_process: bool) -> Loaded:
    from artifix.network.threads import CoreWatch
    from artifix.weights.finding import find_weights

    started_s, watch = time.perf_counter(), CoreWatch()
    weights = find_weights(config.weights)  # before the libraries, whose import takes seconds
    _open_no_socket()

    from artifix.network.device import choose_device, choose_dtype
    from artifix.pretrained import load_pipeline

    quiet_libraries()
    device = choose_device(config.device)
    dtype = choose_dtype(config.dtype, device)
    dtype_name = str(dtype).removeprefix("torch.")
    tell(f"running {weights.name} on {device} in {dtype_name}")
    pipeline = load_pipeline(str(weights), device, dtype, config.offload, config.compile)
    if pipeline.config.confidence_odds is None:
        tell(
            f"confidence of these weights is not calibrated: it ranks, and is no probability; fit it with "
            f"benchmarks/confidence.py CASES --weights {weights} --fit --write"
        )
    threads = _bound_threads(config.threads, watch, owns_process)
    return Loaded(pipeline, str(device), dtype_name, time.perf_counter() - started_s, threads)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Imports make hardly any garbage, and looking for it in the millions of their objects takes time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _bound_threads(wanted: int | None, watch: "CoreWatch", owns_process: bool) -> int:
    """How many are used: what the user wants, or what is free if the process is ours, or as they are."""
    import torch

    from artifix.network.threads import threads_of, use_threads

    if owns_process or wanted is not None:
        use_threads(threads_of(wanted, watch))
    return torch.get_num_threads()


def _open_no_socket() -> None:
    """Let urllib3 believe in IPv6 as the platform does.

    diffusers imports it, and to find out it binds a socket: more of a network than a repair has to do with.
    """
    with suppress(ImportError):
        known, socket.has_ipv6 = socket.has_ipv6, False
        try:
            from urllib3.util import connection
        finally:
            socket.has_ipv6 = known
        connection.HAS_IPV6 = known


def quiet_libraries() -> None:
    """Keep the progress bars and advice of diffusers and transformers off stderr."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    diffusers_logging.disable_progress_bar()
    diffusers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
