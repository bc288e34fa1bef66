"""What a worker is given, and what it gives back; both are pickled between processes."""

import hashlib
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from artifix.config import OutputConfig, RefineConfig
from artifix.errors import ArtifixError, DeviceError, ExitCode, is_out_of_memory
from artifix.inputs.request import Request
from artifix.setting_names import setting

_MEMORY_HINT = f"use a smaller image or reference, fewer {setting('workers')} or another {setting('device')}"
_BUG_HINT = (
    "this is a bug in artifix: report it with the traceback in the journal and the output of: artifix env"
)


@dataclass(frozen=True, slots=True)
class Task:
    """One row of a manifest, ready to be done."""

    id: str
    request: Request
    config: RefineConfig  # the row's own, seed and all
    with_metadata: bool = True
    output: OutputConfig = field(default_factory=OutputConfig)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a row could not be done; settings in its texts are not yet spelled."""

    problem: str
    hint: str
    exit_code: int  # what the command would have ended with
    trace: str = ""  # of a bug


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a row: its files, or its failure."""

    id: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)  # for the journal, JSON-ready
    failure: Failure | None = None


def failure_of(error: Exception) -> Failure:
    """What a row's exception says to the user."""
    if isinstance(error, ArtifixError):
        return Failure(*error.marked, int(error.exit_code))
    said = str(error) or type(error).__name__
    if is_out_of_memory(error):
        return Failure(f"out of memory: {said.splitlines()[0]}", _MEMORY_HINT, int(DeviceError.exit_code))
    told = "".join(traceback.format_exception(error))
    return Failure(f"{type(error).__name__}: {said}", _BUG_HINT, int(ExitCode.BUG), told)


def seed_of(seed: int, row_id: str) -> int:
    """The seed of one row, in [0, 2**32): rows differ, whatever their order and wherever they run."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{row_id}".encode()).digest()[:4], "big")
