"""Many masks measured, side by side."""

import multiprocessing
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from artifix.errors import InputError
from artifix.evaluation.mask_statistics.reading import MaskFile, read_mask
from artifix.evaluation.mask_statistics.shape import Shape, shape_of
from artifix.inputs.table import MOST_TOLD, counted
from artifix.progress import Progress
from artifix.setting_names import setting

CHUNK = 32  # masks that a worker measures before it reports
LEAST_FOR_WORKERS = 2000  # fewer are measured before further processes have started
STAGE = "measure"


@dataclass(frozen=True, slots=True)
class MeasuredMask:
    """The figures of one mask of a set."""

    file: MaskFile
    shape: Shape
    soft_share: float  # see `reading.ReadMask`


@dataclass(frozen=True, slots=True)
class BadMask:
    """A mask that cannot be used, and why."""

    file: MaskFile
    problem: str  # names the file
    hint: str


def default_workers() -> int:
    """One for each core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def measure_masks(
    files: Sequence[MaskFile], workers: int, progress: Progress
) -> tuple[list[MeasuredMask], list[BadMask]]:
    """The figures of all masks in their order, and of those that cannot be used why.

    Args:
        files: the masks.
        workers: processes that share the work; with 1, and for few masks, this one does it.
        progress: told after every `CHUNK` masks.
    """
    chunks = [files[i : i + CHUNK] for i in range(0, len(files), CHUNK)]
    found: dict[int, list[MeasuredMask | BadMask]] = {}
    done = 0
    progress(STAGE, 0, len(files))
    for number, results in _measured(chunks, workers if len(files) >= LEAST_FOR_WORKERS else 1):
        found[number] = results
        done += len(results)
        progress(STAGE, done, len(files))
    every = [one for number in range(len(chunks)) for one in found[number]]
    good = [one for one in every if isinstance(one, MeasuredMask)]
    return good, [one for one in every if isinstance(one, BadMask)]


def require_usable(measured: Sequence[MeasuredMask], bad: Sequence[BadMask], skip_bad: bool) -> None:
    """Raise InputError, telling the first 50 of them, if masks cannot be used and are not to be left out.

    Args:
        measured: masks that can be used; without any there is nothing to tell statistics of.
        bad: masks that cannot.
        skip_bad: they are left out.
    """
    if not bad or (skip_bad and measured):
        return
    told = [one.problem + (f" ({one.hint})" if one.hint else "") for one in bad[:MOST_TOLD]]
    if len(bad) > MOST_TOLD:
        told.append(f"and {len(bad) - MOST_TOLD} more")
    head = f"{len(bad)} of {counted(len(bad) + len(measured), 'mask')} cannot be used:"
    remedy = "mend them" if not measured else f"mend them, or leave them out with {setting('skip_bad', True)}"
    raise InputError("\n  ".join([head, *told]), remedy)


def _measured(
    chunks: Sequence[Sequence[MaskFile]], workers: int
) -> Iterator[tuple[int, list[MeasuredMask | BadMask]]]:
    """The chunks' numbers and results, as they come."""
    if workers <= 1:
        yield from ((number, _measure_chunk(chunk)) for number, chunk in enumerate(chunks))
        return
    with _pool(min(workers, len(chunks))) as pool:
        waiting = iter(enumerate(chunks))
        running = dict(_begun(pool, islice(waiting, 2 * workers)))
        while running:
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                yield running.pop(future), future.result()
                running.update(_begun(pool, islice(waiting, 1)))


def _begun(
    pool: ProcessPoolExecutor, chunks: Iterable[tuple[int, Sequence[MaskFile]]]
) -> Iterator[tuple[Future[list[MeasuredMask | BadMask]], int]]:
    return ((pool.submit(_measure_chunk, chunk), number) for number, chunk in chunks)


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes, not threads: Pillow's warnings can be made errors only for all threads of a process."""
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin_worker)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)  # after Ctrl-C no further chunk is begun


def _begin_worker() -> None:
    import signal

    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which tells of it
    cv2.setNumThreads(1)  # the cores are shared out among the processes


def _measure_chunk(files: Sequence[MaskFile]) -> list[MeasuredMask | BadMask]:
    return [_measure(file) for file in files]


def _measure(file: MaskFile) -> MeasuredMask | BadMask:
    try:
        read = read_mask(file)
    except InputError as error:
        return BadMask(file, *error.marked)
    return MeasuredMask(file, shape_of(read.mask), read.soft_share)
