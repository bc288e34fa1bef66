"""Who does the rows of a batch; what an engine needs is loaded when it is made."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from artifix.config import CommandConfig
from artifix.errors import UsageError
from artifix.setting_names import setting

if TYPE_CHECKING:
    from artifix.batch.process_pool import MakeDoer
    from artifix.batch.run import Engine


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """Which engine, and what only it has a use for."""

    engine: Literal["local", "ray"] = "local"
    workers: int | None = None  # local: rows done side by side; None = one a core, two a GPU
    address: str | None = None  # ray: of a cluster; None starts one
    num_workers: int | None = None  # ray: rows done side by side; None = as many as there is room for
    num_gpus: float = 0.0  # ray: of each worker


def check_engine(choice: EngineChoice) -> None:
    """Raise UsageError where something is said that the other engine has a use for."""
    of_ray = {"address": choice.address, "num_workers": choice.num_workers, "num_gpus": choice.num_gpus}
    foreign = {"workers": choice.workers} if choice.engine == "ray" else of_ray
    if named := [name for name, value in foreign.items() if value not in (None, 0.0)]:
        other = setting("engine", "local" if choice.engine == "ray" else "ray")
        raise UsageError(f"{setting(named[0])} is of {other}", f"add {other}, or drop it")


def engine_of(config: CommandConfig, choice: EngineChoice) -> "Engine":
    """The engine that was asked for.

    Raises:
        UsageError: it is not installed, or what is said of it contradicts itself.
    """
    from artifix.batch.worker import Worker

    make = partial(Worker, config.run)
    if choice.engine == "ray":
        return _ray_engine(config, choice, make)

    from artifix.batch.process_pool import ProcessPool, cores_or_gpus

    count = choice.workers or cores_or_gpus(config.run.device)
    return lambda tasks, may_go_on: ProcessPool(make, count, may_go_on).run(tasks)


def _ray_engine(config: CommandConfig, choice: EngineChoice, make: "MakeDoer") -> "Engine":
    from artifix.batch.cluster import run_on_ray
    from artifix.batch.connection import Cluster, require_ray

    cluster = Cluster(choice.address, choice.num_workers, choice.num_gpus)
    require_ray(cluster)
    if config.run.device.startswith("cuda") and not cluster.gpus_per_worker:
        raise UsageError(
            f"{setting('device', config.run.device)}: a worker of Ray sees no GPU but those it is given",
            f"add {setting('num_gpus', 1)}, or 0.5 for two workers a GPU",
        )
    return partial(run_on_ray, cluster, make)
