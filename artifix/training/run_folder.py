"""What lies in the folder of a run; nothing heavy is imported, so that a wrong folder is told at once."""

from pathlib import Path

from artifix.errors import InputError, OutputError

RESUME = "free some space, then --resume"  # where a run cannot write


def checkpoints(run: Path) -> list[Path]:
    """Complete checkpoints of a run, oldest first."""
    return sorted((run / "checkpoints").glob("step-*"))


def require_startable(run: Path, resume: bool) -> None:
    """Refuse to start where a run is, and to resume where none is.

    Raises:
        OutputError: `run` holds a run and `resume` is not set.
        InputError: `resume` is set and there is nothing to go on from.
    """
    if resume and not run.is_dir():
        raise InputError(f"{run}: is not there to resume", "name the folder of a run, or leave out --resume")
    if resume and not any((run / "checkpoints").glob("*step-*")):
        raise InputError(f"{run}: holds no checkpoint to resume", "start the run without --resume")
    if not resume and any((run / "checkpoints").glob("*step-*")):
        raise OutputError(f"{run}: already holds a run", "pass --resume to go on, or name a new folder")
