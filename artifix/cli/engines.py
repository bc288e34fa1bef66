"""Who does the rows of `artifix batch`."""

from functools import partial
from typing import TYPE_CHECKING, Any

from artifix.config import CommandConfig
from artifix.errors import UsageError

if TYPE_CHECKING:
    from artifix.batch.process_pool import MakeDoer
    from artifix.batch.run import Engine


def check_engine(given: dict[str, Any]) -> None:
    """Refuse options of the other engine.

    Args:
        given: the command's options.

    Raises:
        UsageError: there is one.
    """
    foreign = ("workers",) if given["engine"] == "ray" else ("address", "num_workers", "num_gpus")
    if named := [f"--{name.replace('_', '-')}" for name in foreign if given[name] not in (None, 0.0)]:
        other = "local" if given["engine"] == "ray" else "ray"
        raise UsageError(f"{named[0]} is of --engine {other}", f"add --engine {other}, or drop it")


def engine_of(config: CommandConfig, given: dict[str, Any]) -> "Engine":
    """The engine that was asked for.

    Raises:
        UsageError: it is not installed, or its options contradict each other.
    """
    from artifix.batch.worker import Worker

    make = partial(Worker, config.run)
    if given["engine"] == "ray":
        return _ray_engine(config, given, make)

    from artifix.batch.process_pool import ProcessPool, cores_or_gpus

    count = given["workers"] or cores_or_gpus(config.run.device)
    return lambda tasks, may_go_on: ProcessPool(make, count, may_go_on).run(tasks)


def _ray_engine(config: CommandConfig, given: dict[str, Any], make: "MakeDoer") -> "Engine":
    from artifix.batch.cluster import run_on_ray
    from artifix.batch.connection import Cluster, require_ray

    cluster = Cluster(given["address"], given["num_workers"], given["num_gpus"])
    require_ray(cluster)
    if config.run.device.startswith("cuda") and not cluster.gpus_per_worker:
        raise UsageError(
            f"--device {config.run.device}: a worker of Ray sees no GPU but those it is given",
            "add --num-gpus 1, or 0.5 for two workers a GPU",
        )
    return partial(run_on_ray, cluster, make)
