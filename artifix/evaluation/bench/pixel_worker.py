"""A worker that needs no network: baselines, and the pictures of other tools read into the same form."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifix.batch.task import Outcome, Task, failure_of
from artifix.evaluation.bench.baselines import Painted, as_is, sift_paste, telea
from artifix.evaluation.bench.methods import AS_IS, SIFT_PASTE, TELEA
from artifix.evaluation.bench.others import OtherResult, read_result
from artifix.evaluation.bench.predictions import REFINED_PNG, REGION_PNG
from artifix.inputs.case import Case
from artifix.inputs.reading import read_inputs
from artifix.outputs.encode import encode_png

_WAYS: dict[str, Callable[[Case], Painted]] = {AS_IS: as_is, TELEA: telea, SIFT_PASTE: sift_paste}


class PixelWorker:
    """Does cases without a network.

    Args:
        kinds: of baselines, by the id of the task.
        others: files of other tools, by the id of the task.
        index: of this worker among all.
    """

    def __init__(self, kinds: Mapping[str, str], others: Mapping[str, OtherResult], index: int = 0) -> None:
        self._kinds, self._others = kinds, others

    def do(self, task: Task) -> Outcome:
        """The files of one prediction, or why there are none; raises nothing."""
        started_s = time.perf_counter()
        try:
            case = read_inputs(task.request).cases[0]
            if task.id in self._others:
                read = read_result(self._others[task.id], case.image.size, case.reference.size)
                return Outcome(task.id, _files(read.refined, read.region))
            files = _files(*_WAYS[self._kinds[task.id]](case))
        except Exception as error:  # the boundary of a case: the others go on
            return Outcome(task.id, failure=failure_of(error))
        told: dict[str, Any] = {"seconds": round(time.perf_counter() - started_s, 3)}
        return Outcome(task.id, files, told)


def _files(refined: NDArray[np.uint8], region: NDArray[np.bool_] | None) -> dict[str, bytes]:
    files = {REFINED_PNG: encode_png(refined)}
    return files if region is None else {**files, REGION_PNG: encode_png(region)}
