"""One row done, whatever happens in it: the network is loaded once and serves many."""

import gc
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from artifix.batch.task import Outcome, Task, failure_of
from artifix.config import RefineConfig, RunConfig
from artifix.detection.proposing import propose_mask
from artifix.errors import NothingFoundError, is_out_of_memory
from artifix.inputs.case import Case
from artifix.inputs.images import eight_bit
from artifix.inputs.reading import Inputs, read_inputs
from artifix.inputs.remote import fetching
from artifix.inputs.request import localised
from artifix.inputs.softness import softness_of
from artifix.inputs.stored_alignment import settings_of
from artifix.outputs.picture_strip import encode_strip
from artifix.outputs.save import THUMBNAIL
from artifix.repair.case import RepairedCase, repair_case
from artifix.repair.loading import load
from artifix.repair.picture_coding import form_of, kept_note
from artifix.repair.results import joined, marked, previewed
from artifix.repair.untouched import UNTOUCHED, untouched_files

if TYPE_CHECKING:
    from artifix.result import RefineResult


class Worker:
    """A loaded network that does rows.

    Args:
        run: which weights, and where they run.
        index: of this worker among those of the machine; with several GPUs they take turns.

    Raises:
        WeightsError: the weights are missing, changed or unsafe.
        DeviceError: the device is not there.
    """

    def __init__(self, run: RunConfig, index: int = 0) -> None:
        # Rows run side by side instead of threads: faster, and the same sums whatever their number.
        self.loaded = load(replace(run, device=_device_of(run.device, index), threads=1))

    def do(self, task: Task) -> Outcome:
        """The row's files, or why there are none; raises nothing but KeyboardInterrupt and SystemExit."""
        started_s = time.perf_counter()
        try:
            files, told = self._attempt(task)
        except Exception as error:  # the boundary of a row: the others go on
            told = {"seconds": round(time.perf_counter() - started_s, 3)}
            return Outcome(task.id, told=told, failure=failure_of(error))
        return Outcome(task.id, files, {**told, "seconds": round(time.perf_counter() - started_s, 3)})

    def _attempt(self, task: Task) -> tuple[dict[str, bytes], dict[str, Any]]:
        try:
            return self._repair(task)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            smaller = _smaller(task.config)
            if smaller == task.config:
                raise
        self._free_memory()  # outside the handler: the error held the arrays that filled it
        files, told = self._repair(replace(task, config=smaller))
        repeated = "out of memory at first: repeated with one candidate and one context"
        return files, {**told, "note": "; ".join(filter(None, [told.get("note"), repeated]))}

    def _repair(self, task: Task) -> tuple[dict[str, bytes], dict[str, Any]]:
        config = task.config
        with fetching() as fetch:
            request = localised(task.request, fetch)
            try:
                inputs = read_inputs(request, propose_mask)
            except NothingFoundError:  # a clean image among others is no failure
                return untouched_files(request, task.output), {"note": UNTOUCHED}
        form = form_of(task.output, inputs.cases[0].image)
        if inputs.stored is not None:
            config = replace(config, alignment=settings_of(inputs.stored, config.alignment))
        done = repair_case(self.loaded, inputs, config, form, task.with_metadata)
        files = {**done.files, THUMBNAIL: _thumbnail(done.located.case, done.result)}
        said = kept_note(task.output, done.located.case.image)
        return files, _told(inputs, done, config.alignment.mask_threshold, said)

    def _free_memory(self) -> None:
        import torch

        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _thumbnail(case: Case, result: "RefineResult") -> bytes:
    correspondence, region = joined(result.alignments)
    refined = previewed(case.image, eight_bit(result.refined))
    image, reference = previewed(case.image), previewed(case.reference)
    return encode_strip(image, refined, marked(result.alignments), reference, correspondence, region)


def _told(inputs: Inputs, done: RepairedCase, threshold: float, said: str) -> dict[str, Any]:
    case = done.located.case
    told = {**done.overall.told(), "source": done.located.result.alignments[0].source}
    notes = [*case.notes, softness_of(case.blend, threshold), *done.result.notes, said, *done.picture.notes]
    if any(notes):
        told["note"] = "; ".join(filter(None, notes))
    if len(inputs.cases) > 1:
        told["reference"] = case.reference.path.name
    return told


def _smaller(config: RefineConfig) -> RefineConfig:
    """The settings that need the least memory: the network sees one thing at a time."""
    alignment = replace(config.alignment, contexts=config.alignment.contexts[:1])
    return replace(config, alignment=alignment, refinement=replace(config.refinement, candidates=1))


def _device_of(wanted: str, index: int) -> str:
    import torch

    count = torch.cuda.device_count()
    if count > 1 and wanted in ("auto", "cuda"):
        return f"cuda:{index % count}"
    return wanted
