"""Every way artifix can fail, each with its exit code and a remedy."""

from enum import IntEnum


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
    INTERRUPTED = 130


class ArtifixError(Exception):
    """A failure the user can understand and mend.

    Args:
        problem: where and what is wrong, with its numbers.
        hint: what to do about it.
    """

    exit_code = ExitCode.BUG

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


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
    """Nothing in the reference matches the masked part."""

    exit_code = ExitCode.NO_MATCH


class DeviceError(ArtifixError):
    """A device that is missing or out of memory."""

    exit_code = ExitCode.DEVICE


class OutputError(ArtifixError):
    """A result that cannot be written."""

    exit_code = ExitCode.OUTPUT
