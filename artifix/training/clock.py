"""How much of the time goes into making the pairs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


class DataClock:
    """Adds up the time between two marks on the device, without making the device wait."""

    def __init__(self, device: torch.device) -> None:
        self._on_cuda = device.type == "cuda"
        self._spans: list[tuple[Any, Any]] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count what is done inside."""
        began = self._mark()
        yield
        self._spans.append((began, self._mark()))

    def take_s(self) -> float:
        """The seconds counted since the last call; the device must have done what was counted."""
        spans, self._spans = self._spans, []
        if self._on_cuda:
            return sum(began.elapsed_time(ended) for began, ended in spans) / 1000
        return sum(ended - began for began, ended in spans)

    def _mark(self) -> Any:
        if not self._on_cuda:
            return time.monotonic()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event
