"""What a visitor may ask for: size of files and pictures, length of the queue, time of a job."""

import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from artifix.errors import ArtifixError, ExitCode, InputError
from artifix.inputs.decoding import DECODER_FAILURES
from artifix.setting_names import setting

_MB = 1e6


@dataclass(frozen=True, slots=True)
class Limits:
    """Each is told where it is hit."""

    max_side: int = 4096  # of a picture [px]
    max_file_size: float = 50.0  # [MB]
    max_references: int = 8
    max_queue: int = 20  # jobs that wait
    time_limit: float = 600.0  # of a job [s]

    def check(self, path: Path, name: str) -> None:
        """Refuse a file that is too large, by its header alone: nothing is decoded.

        What is no picture passes: who reads it says so.

        Args:
            path: of the file.
            name: as its owner calls it.

        Raises:
            InputError: the file or the picture is larger than the limits.
        """
        size_mb = path.stat().st_size / _MB
        if size_mb > self.max_file_size:
            raise InputError(
                f"{name}: has {size_mb:.1f} MB, and this page takes {self.max_file_size:g} MB",
                f"shrink it, or start the page with a larger {setting('max_file_size')}",
            )
        width, height = _size_of(path)
        if max(width, height) > self.max_side:
            raise InputError(
                f"{name}: has {width}x{height} px, and this page takes {self.max_side} px a side",
                f"shrink or crop it, or start the page with a larger {setting('max_side')}",
            )


class JobEndedError(ArtifixError):
    """A job that was ended before it was done: its visitor stopped it, or its time was over."""

    exit_code = ExitCode.INTERRUPTED


def _size_of(path: Path) -> tuple[int, int]:
    """(width, height) as the header says; zeros where it is no picture's."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                return image.size
    except (*DECODER_FAILURES, Image.DecompressionBombError):
        return 0, 0
