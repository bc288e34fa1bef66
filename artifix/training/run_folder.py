"""What lies in the folder of a run; nothing heavy is imported, so that a wrong folder is told at once."""

from collections.abc import Sequence
from pathlib import Path

from artifix.errors import InputError, OutputError
from artifix.setting_names import setting

RESUME = f"free some space, then {setting('resume')}"  # where a run cannot write


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
        raise InputError(
            f"{run}: is not there to resume", f"name the folder of a run, or leave out {setting('resume')}"
        )
    if resume and not any((run / "checkpoints").glob("*step-*")):
        raise InputError(
            f"{run}: holds no checkpoint to resume", f"start the run without {setting('resume')}"
        )
    if not resume and any((run / "checkpoints").glob("*step-*")):
        raise OutputError(
            f"{run}: already holds a run", f"pass {setting('resume', True)} to go on, or name a new folder"
        )


def require_folders(images: Sequence[Path], pairs: Sequence[Path]) -> None:
    """Raise InputError where data are given that lie in no folder."""
    for name, folders in (("data", images), ("pairs", pairs)):
        for folder in folders:
            if not folder.is_dir():
                raise InputError(f"{folder}: is not a folder", f"name a folder with {setting(name)}")
