"""Ctrl-C and termination, answered between two steps: a step half done could not be resumed exactly."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

SIGNALS = signal.SIGINT, signal.SIGTERM


@dataclass(slots=True)
class Stop:
    """Whether someone wants the run to end."""

    asked: bool = False


@contextmanager
def noted_interruption(grace_s: float = 0.0) -> Iterator[Stop]:
    """Note the first interruption instead of raising it; a second one raises KeyboardInterrupt at once.

    Outside the main thread, where Python allows no handlers, nothing changes.

    Args:
        grace_s: a second one that comes sooner is the first: torchrun sends its own after the terminal's.
    """
    stop, first_s = Stop(), 0.0

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal first_s
        if stop.asked and time.monotonic() - first_s >= grace_s:
            raise KeyboardInterrupt
        if not stop.asked:
            stop.asked, first_s = True, time.monotonic()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    earlier = {number: signal.signal(number, note) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
