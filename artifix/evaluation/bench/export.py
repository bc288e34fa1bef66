"""Predictions are made and written, a folder each, before anything is scored."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from artifix import __version__
from artifix.batch.process_pool import MakeDoer, ProcessPool
from artifix.batch.task import Failure, Outcome, Task, seed_of
from artifix.batch.worker import Worker
from artifix.config import CommandConfig, RefineConfig, RunConfig
from artifix.config_sections import to_dict
from artifix.errors import ExitCode
from artifix.evaluation.bench.groups import Group
from artifix.evaluation.bench.methods import FOLDER, OF_NETWORK, TRUE_REGION, WHOLE_REFERENCE, Method
from artifix.evaluation.bench.others import OtherResult, read_result
from artifix.evaluation.bench.pixel_worker import PixelWorker
from artifix.evaluation.bench.predictions import DONE, REFINED_PNG, REFUSED, REGION_PNG, MadeWith, Shelf, left
from artifix.inputs.images import read_picture
from artifix.inputs.request import Request
from artifix.outputs.encode import encode_json, encode_png
from artifix.outputs.save import ALIGNMENT, RECORD, save_result
from artifix.progress import Progress
from artifix.setting_names import in_python
from artifix.weights.finding import find_weights
from artifix.weights.verification import verify_weights

_KEPT = (REFINED_PNG, REGION_PNG, "correspondence.png", ALIGNMENT)  # of the files of a repair


@dataclass(frozen=True, slots=True)
class Wanted:
    """The predictions of one method."""

    shelf: Shelf
    groups: Sequence[Group]  # those of which there are or will be predictions
    made: MadeWith
    results: Mapping[str, OtherResult] = field(default_factory=dict)  # of another tool, by case

    @property
    def method(self) -> Method:
        """Whose they are."""
        return self.shelf.method


@dataclass(slots=True)
class Exported:
    """How the export ended."""

    made: int = 0
    failures: dict[str, Failure] = field(default_factory=dict)  # by METHOD/CASE


def made_with(
    method: Method,
    groups: Sequence[Group],
    config: CommandConfig,
    results: Mapping[str, OtherResult],
) -> MadeWith:
    """What the predictions of a method depend on.

    Raises:
        WeightsError: the weights are not there, or were changed.
        InputError: a result of another tool cannot be read, or is of another size.
    """
    told: dict[str, Any] = {"kind": method.kind}
    given = ["image", "mask", "reference", *(["region"] if method.kind == TRUE_REGION else [])]
    inputs = {group.name: {name: group.digests[name] for name in given} for group in groups}
    if method.kind == FOLDER:
        for group in groups:
            read = read_result(results[group.name], group.size, group.reference_size)
            inputs[group.name] |= read.digests
        return MadeWith(told, inputs)
    told["artifix"] = __version__
    if method.kind in OF_NETWORK:
        settings = {"alignment": config.alignment, "refinement": config.refinement}
        told |= {
            "weights": _digest(method.weights or config.run.weights),
            "settings": {**{name: to_dict(part) for name, part in settings.items()}, "seed": config.seed},
            "device": config.run.device,
            "dtype": config.run.dtype,
        }
    return MadeWith(told, inputs)


@cache
def _digest(weights: str | None) -> str:
    return verify_weights(find_weights(weights))


def export(
    wanted: Sequence[Wanted],
    config: CommandConfig,
    workers: int,
    progress: Progress,
    may_go_on: Callable[[], bool],
) -> Exported:
    """Make the predictions that are not there, and write each before the next is taken.

    Methods that share their weights share their workers, so that a network is loaded once in each.

    Args:
        wanted: of all methods; their shelves are open.
        config: the settings of the methods of the network.
        workers: cases done side by side.
        progress: told of every prediction.
        may_go_on: asked before every further one.

    Raises:
        OutputError: the disk refuses; nothing is half-written.
        ArtifixError: no worker can be made.
    """
    todo = {f"{one.method.name}/{group.name}": (one, group) for one in wanted for group in _left(one)}
    total = sum(len(one.groups) for one in wanted)
    exported, before = Exported(), total - len(todo)
    if todo:
        progress("predict", before, total)
    for make, tasks in _shares(todo, config):
        for outcome in ProcessPool(make, workers, may_go_on).run(tasks):
            _keep(*todo[outcome.id], outcome, exported)
            progress("predict", before + exported.made + len(exported.failures), total)
    return exported


def _left(one: Wanted) -> list[Group]:
    return left(one.shelf, one.groups)


def _shares(
    todo: Mapping[str, tuple[Wanted, Group]], config: CommandConfig
) -> Iterator[tuple[MakeDoer, Iterable[Task]]]:
    """Who does which of the tasks: pixels first, then one kind of workers for all methods of some weights."""
    plain = {name: one for name, one in todo.items() if one[0].method.kind not in OF_NETWORK}
    if plain:
        kinds = {name: one.method.kind for name, (one, _) in plain.items()}
        others = {n: one.results[g.name] for n, (one, g) in plain.items() if g.name in one.results}
        make = partial(PixelWorker, kinds, others)
        yield make, [_task(name, one.method, group, config) for name, (one, group) in plain.items()]
    runs: dict[RunConfig, list[Task]] = {}
    for name, (one, group) in todo.items():
        if name not in plain:
            run = replace(config.run, weights=one.method.weights or config.run.weights)
            runs.setdefault(run, []).append(_task(name, one.method, group, config))
    for run, tasks in runs.items():
        yield partial(Worker, run), tasks


def _task(name: str, method: Method, group: Group, config: CommandConfig) -> Task:
    """The task of one prediction; its seed is that of a row of `artifix batch` with the id of the case."""
    files = group.files
    request = Request(files.image, files.mask, (files.reference,))
    settled = RefineConfig(config.alignment, config.refinement, seed_of(config.seed, group.name))
    if method.kind == TRUE_REGION:
        box = None if files.reference_box is None else ",".join(map(str, files.reference_box.as_tuple()))
        request = replace(request, ref_mask=files.region, region=None if files.region else box)
    elif method.kind == WHOLE_REFERENCE:
        height, width = group.reference_size
        # A region by hand, and no transform: stage 1 has nothing left to say.
        request = replace(request, region=f"0,0,{width},{height}")
        settled = replace(settled, alignment=replace(config.alignment, transform=False, force=True))
    return Task(name, request, settled)


def _keep(one: Wanted, group: Group, outcome: Outcome, exported: Exported) -> None:
    refused = outcome.failure is not None and outcome.failure.exit_code == ExitCode.NO_MATCH
    if outcome.failure is not None and not refused:
        exported.failures[outcome.id] = outcome.failure
        return
    files = {name: data for name, data in outcome.files.items() if name in _KEPT}
    record: dict[str, Any] = {
        "artifix": __version__,
        "method": one.method.name,
        "kind": one.method.kind,
        "case": group.name,
        "task": group.files.task,
        "status": REFUSED if refused else DONE,
        "told": dict(outcome.told),
    }
    if refused:  # the image is left as it is, artifact and all
        assert outcome.failure is not None
        record["problem"] = in_python(outcome.failure.problem)
        files = {REFINED_PNG: encode_png(read_picture(group.files.image).rgb)}
    elif RECORD in outcome.files:
        record["repair"] = json.loads(outcome.files[RECORD])
    save_result(one.shelf.place(group.name), {**files, RECORD: encode_json(record)}, overwrite=True)
    exported.made += 1


def inputs_of(wanted: Sequence[Wanted], groups: Sequence[Group]) -> list[Path]:
    """Every file that is read, but masks that the run itself cut."""
    others = [path for one in wanted for result in one.results.values() for path in result.paths]
    return [*(path for group in groups for path in group.files.paths), *others]
