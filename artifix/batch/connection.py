"""A Ray cluster: one that is there already, or one of this machine that lives as long as the run."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from artifix.batch.process_pool import cores_or_gpus
from artifix.errors import DeviceError, UsageError
from artifix.setting_names import setting

_PATIENCE_S = 5.0  # for the first sign of a cluster
_STORE_BYTES = 512 * 2**20  # of shared memory, for the outcomes of a few rows; Ray puts more on the disk
_DEFAULT_PORT = 6379
_ADDRESS_HINT = (
    "start it with: ray start --head, and run this on one of its nodes, with RAY_AUTH_MODE=token in the "
    f"environment if the cluster wants its token; or drop {setting('address')}"
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the rows are done with."""

    address: str | None = None  # host:port, or "auto" for the one this machine is a node of; None starts one
    workers: int | None = None  # None: as many as there is room for
    gpus_per_worker: float = 0.0


def require_ray(cluster: Cluster) -> None:
    """Refuse what cannot be run, before anything is started.

    Raises:
        UsageError: Ray is not installed, or the address is none.
    """
    if find_spec("ray") is None or find_spec("pyarrow") is None:
        raise UsageError(f"{setting('engine')} ray needs Ray", 'pip install "artifix[ray]"')
    if cluster.address not in (None, "auto"):
        _host_and_port(cluster.address or "")


@contextmanager
def connected(cluster: Cluster) -> Iterator[None]:
    """Ray, ready; a connection that was there before is used, and left.

    Raises:
        DeviceError: there is no such cluster.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # of its libraries, on stderr
    import ray

    if ray.is_initialized():
        yield
        return
    with _signals_kept(), _stderr_closed():
        _connect(cluster)
    try:
        yield
    finally:
        ray.shutdown()


def worker_count(cluster: Cluster) -> int:
    """How many workers there are to be.

    Raises:
        DeviceError: there is room for none.
    """
    import ray

    if cluster.workers is not None:
        return cluster.workers
    room = ray.cluster_resources()
    if cluster.gpus_per_worker:
        count = int(room.get("GPU", 0) / cluster.gpus_per_worker)
        what = f"{cluster.gpus_per_worker:g} GPUs"
    else:
        count, what = int(room.get("CPU", 0)), "one CPU"
    if count < 1:
        raise DeviceError(f"the Ray cluster has no room for a worker of {what}", "add nodes, or ask for less")
    return count


def _connect(cluster: Cluster) -> None:
    import ray

    quiet = {"log_to_driver": False, "configure_logging": False}
    if cluster.address is None:
        ray.init(
            address="local",  # even where RAY_ADDRESS names another
            num_cpus=cluster.workers or cores_or_gpus("cpu"),
            include_dashboard=False,
            object_store_memory=_STORE_BYTES,
            _node_ip_address="127.0.0.1",  # nobody else is to reach it
            **quiet,
        )
        return
    shown = f"{setting('address')} {cluster.address}"
    if cluster.address != "auto":
        _require_answer(cluster.address, shown)
    try:
        ray.init(address=cluster.address, **quiet)
    except Exception as error:  # Ray's own are of many kinds
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise DeviceError(f"{shown}: no Ray cluster to be used: {said[0]}", _ADDRESS_HINT) from error


def _require_answer(address: str, shown: str) -> None:
    """Ray itself tries for a minute where nobody listens."""
    host, port = _host_and_port(address)
    try:
        socket.create_connection((host, port), _PATIENCE_S).close()
    except OSError as error:
        raise DeviceError(f"{shown}: nobody answers: {error.strerror or error}", _ADDRESS_HINT) from error


def _host_and_port(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    if not colon:
        host, port = address, str(_DEFAULT_PORT)
    if host and "/" not in host and port.isascii() and port.isdigit() and len(port) < 6 and int(port) < 2**16:
        return host.strip("[]"), int(port)
    raise UsageError(
        f"{setting('address')} {address}: is no address of a Ray cluster",
        "write host:port as ray start --head tells them, or auto",
    )


@contextmanager
def _stderr_closed() -> Iterator[None]:
    """Ray's library in C++ writes there past Python, even that it was told to be quiet."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray takes SIGTERM for itself when it starts."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
