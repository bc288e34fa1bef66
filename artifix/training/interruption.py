"""Ctrl-C and termination, answered between two steps: a step half done could not be resumed exactly."""

import signal
import threading
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
def noted_interruption() -> Iterator[Stop]:
    """Note the first interruption instead of raising it; a second one raises KeyboardInterrupt at once.

    Outside the main thread, where Python allows no handlers, nothing changes.
    """
    stop = Stop()

    def note(number: int, frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    earlier = {number: signal.signal(number, note) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
