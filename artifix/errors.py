"""Every way artifix can fail, each with its exit code and a remedy."""

from enum import IntEnum
from typing import Any

from artifix.setting_names import Spelling, as_keyword, in_python, spelled

_MEMORY_WORDS = ("out of memory", "can't allocate memory", "insufficient memory", "unable to allocate")


class ExitCode(IntEnum):
    """Exit status of the command line."""

    OK = 0
    BUG = 1
    USAGE = 2
    INPUT = 3
    WEIGHTS = 4
    NO_MATCH = 5
    DEVICE = 6
    OUTPUT = 7
    SOME_ROWS_FAILED = 8
    NOTHING_FOUND = 9
    INTERRUPTED = 130


class ArtifixError(Exception):
    """A failure the user can understand and mend.

    Args:
        problem: where and what is wrong, with its numbers; settings are named by `setting_names.setting`.
        hint: what to do about it.
    """

    exit_code = ExitCode.BUG

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(in_python(problem))
        self.marked = problem, hint  # the settings in them not yet spelled

    @property
    def problem(self) -> str:
        """Where and what is wrong, for who calls artifix from Python."""
        return self.told(as_keyword)[0]

    @property
    def hint(self) -> str:
        """What to do about it, for who calls artifix from Python."""
        return self.told(as_keyword)[1]

    def told(self, spell: Spelling) -> tuple[str, str]:
        """Problem and hint, with settings as `spell` writes them."""
        problem, hint = self.marked
        return spelled(problem, spell), spelled(hint, spell)


class UsageError(ArtifixError):
    """Options that contradict each other or name something unknown."""

    exit_code = ExitCode.USAGE


class InputError(ArtifixError):
    """An image, mask, reference or data folder that cannot be used."""

    exit_code = ExitCode.INPUT


class WeightsError(ArtifixError):
    """Weights that are missing, changed, incomplete or of an unsafe format."""

    exit_code = ExitCode.WEIGHTS


class NoMatchError(ArtifixError):
    """Nothing in the reference matches the masked part, or not well enough.

    Args:
        problem: what is not good enough, with its numbers.
        hint: what to do about it.
        found: the best guess that was refused, a `pipeline.LocateResult`; None where there is none.
    """

    exit_code = ExitCode.NO_MATCH

    def __init__(self, problem: str, hint: str = "", found: Any = None) -> None:
        super().__init__(problem, hint)
        self.found = found


class NothingFoundError(ArtifixError):
    """Image and reference agree, so that there is nothing to mask and nothing to repair."""

    exit_code = ExitCode.NOTHING_FOUND


class RowsFailedError(ArtifixError):
    """Some rows of a batch could not be done."""

    exit_code = ExitCode.SOME_ROWS_FAILED


class DeviceError(ArtifixError):
    """A device that is missing or out of memory."""

    exit_code = ExitCode.DEVICE


class OutputError(ArtifixError):
    """A result that cannot be written."""

    exit_code = ExitCode.OUTPUT


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` is any library's way of saying that memory ran out."""
    # torch.OutOfMemoryError is a RuntimeError; importing torch only to name it would cost seconds.
    said = str(error).lower()
    return isinstance(error, MemoryError) or any(words in said for words in _MEMORY_WORDS)
