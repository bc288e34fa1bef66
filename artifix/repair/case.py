"""A case to its results: the one way that commands, batches and examples go."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from artifix.config import RefineConfig
from artifix.inputs.reading import Inputs
from artifix.outputs.formats import Form
from artifix.progress import Progress
from artifix.repair.loading import Loaded
from artifix.repair.locating import Located, search
from artifix.repair.picture_coding import Coded, coded
from artifix.repair.record import Repair, record_of
from artifix.repair.results import result_files
from artifix.repair.summary import Overall, overall_of

if TYPE_CHECKING:
    from artifix.result import RefineResult

PNG = Form()


@dataclass(frozen=True, slots=True, eq=False)
class LocatedCase:
    """What locating gave."""

    located: Located
    record: dict[str, Any]
    files: dict[str, bytes]  # by name

    @property
    def overall(self) -> Overall:
        """What holds for all mask groups."""
        return overall_of(self.located.result.alignments)


@dataclass(frozen=True, slots=True, eq=False)
class RepairedCase(LocatedCase):
    """What a repair gave; its picture is among the files."""

    result: "RefineResult"
    picture: Coded


def locate_case(
    loaded: Loaded,
    inputs: Inputs,
    config: RefineConfig,
    progress: Progress | None = None,
    started_s: float | None = None,
) -> LocatedCase:
    """Find the masked part, and make the files that show it.

    Args:
        loaded: the network.
        inputs: the files of a request, read.
        config: the settings.
        progress: called with (stage, done, total).
        started_s: of time.perf_counter; with it the record says how long everything took.

    Returns:
        The best guess even where it is not sure enough: `located.result.refusal` says so.

    Raises:
        InputError: a stored alignment is no answer.
    """
    config = loaded.pipeline.settled(config)
    located = search(loaded.pipeline, inputs, config, progress)
    result = located.result
    record = record_of(Repair("locate", inputs, config, loaded, located, result))
    record = _timed(record, loaded, result.timings, started_s)
    return LocatedCase(located, record, result_files(located.case, result, record))


def repair_case(
    loaded: Loaded,
    inputs: Inputs,
    config: RefineConfig,
    form: Form = PNG,
    with_metadata: bool = True,
    progress: Progress | None = None,
    started_s: float | None = None,
    located: Located | None = None,
) -> RepairedCase:
    """Find the masked part, repaint it, and make the files.

    Args:
        loaded: the network.
        inputs: the files of a request, read.
        config: the settings.
        form: how the repaired picture is coded.
        with_metadata: mark the picture as made with a model, and with what.
        progress: called with (stage, done, total).
        started_s: of time.perf_counter; with it the record says how long everything took.
        located: what `locate_case` found for the same inputs and settings; None searches.

    Raises:
        NoMatchError: nothing in the reference matches, or not well enough.
        InputError: a stored alignment is no answer, or the form cannot hold the picture.
    """
    config = loaded.pipeline.settled(config)
    located = located or search(loaded.pipeline, inputs, config, progress)
    result = loaded.pipeline.refine(located.case, config, progress, located.result)
    record = record_of(Repair("refine", inputs, config, loaded, located, result))
    picture = coded(located.case, result, record, form, with_metadata)
    record = _timed({**record, "coding": picture.told}, loaded, result.timings, started_s)
    files = result_files(located.case, result, record, picture)
    return RepairedCase(located, record, files, result, picture)


def _timed(
    record: dict[str, Any], loaded: Loaded, taken: Mapping[str, float], started_s: float | None
) -> dict[str, Any]:
    """The record with how long everything took, `taken` by the stages [s]."""
    if started_s is None:
        return record
    timings = {"load_s": loaded.load_s, **taken, "total_s": time.perf_counter() - started_s}
    return {**record, "timings": {name: round(seconds, 3) for name, seconds in timings.items()}}
