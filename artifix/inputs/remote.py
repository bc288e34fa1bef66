"""Files at URLs, brought to this machine: https, S3, Google Cloud Storage and whatever else fsspec knows."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from artifix.errors import ArtifixError, InputError
from artifix.inputs.places import Url, holds_secret_of, without_secrets

MOST_BYTES = 2**30  # of one file; no picture that can be opened is larger
_CHUNK_BYTES = 2**20
PATIENCE_S = 60.0  # without any progress
_MOST_NAME_BYTES = 200  # disks allow 255
_EXTRA = 'pip install "artifix[remote]"'


@contextmanager
def fetching() -> Iterator[Callable[[str], Path]]:
    """A function that fetches files, which live as long as the context.

    Errors raised meanwhile speak of the URLs where they would name the files.
    """
    with TemporaryDirectory(prefix="artifix-", ignore_cleanup_errors=True) as folder:
        shown: dict[str, str] = {}

        def fetched(url: str) -> Path:
            place = fetch(url, Path(folder))
            shown[str(place)] = without_secrets(url)
            return place

        try:
            yield fetched
        except ArtifixError as error:
            marked, hint = error.marked
            problem = marked
            for place, url in shown.items():
                problem = problem.replace(place, url)
            if problem == marked:
                raise
            raise type(error)(problem, hint) from error


def fetch(url: str, folder: Path) -> Path:
    """The file at `url`, downloaded whole into a folder of its own in `folder`; it keeps its name.

    Raises:
        InputError: it is not there, cannot be had or is too large, or a library for its scheme is missing.
    """
    shown = without_secrets(url)
    download = _Download(url, _own_folder(folder) / _file_name(url))
    # In a thread, as not every file system has a limit to the time it waits for an answer.
    thread = threading.Thread(target=download.run, daemon=True)
    thread.start()
    while thread.is_alive() and time.monotonic() - download.moved_s < PATIENCE_S:
        thread.join(0.05)
    if thread.is_alive():
        download.is_wanted = False
        raise InputError(f"{shown}: no answer for {PATIENCE_S:.0f} s", "try again, or download it first")
    if download.error is not None:
        # Not chained: a traceback would tell the address with its secrets.
        raise _told(download.error, url, shown) from None
    return download.place


@dataclass(slots=True)
class _Download:
    """One file on its way."""

    url: str
    place: Path
    is_wanted: bool = True
    error: Exception | None = None
    moved_s: float = field(default_factory=time.monotonic)  # when something arrived last

    def run(self) -> None:
        """Fetch; whatever is raised is kept."""
        try:
            import fsspec

            self.moved_s = time.monotonic()  # the import took its time
            with fsspec.open(self.url, "rb") as source, self.place.open("xb") as target:
                size = 0
                while self.is_wanted and (chunk := source.read(_CHUNK_BYTES)):
                    self.moved_s = time.monotonic()
                    size += len(chunk)
                    if size > MOST_BYTES:
                        limit = f"{MOST_BYTES / 2**20:.0f} MiB"
                        raise InputError(
                            f"{without_secrets(self.url)}: is larger than {limit}", "name a picture"
                        )
                    target.write(chunk)
        except Exception as error:
            self.error = error


def _own_folder(folder: Path) -> Path:
    """Two files of one name must not meet."""
    place = folder / str(sum(1 for _ in folder.iterdir()))
    place.mkdir()
    return place


def _file_name(url: str) -> str:
    name = (Url(url).name or "file").replace("\\", "_").replace("\0", "_")
    ending = name.encode("utf-8", "replace")[-_MOST_NAME_BYTES:].decode("utf-8", "ignore")
    return name if len(name) == len(ending) else ending


def _told(error: Exception, url: str, shown: str) -> InputError:
    """What is said of a download's failure; each of fsspec's file systems has errors of its own."""
    if isinstance(error, InputError):
        return error
    if isinstance(error, ImportError):
        return InputError(f"{shown}: {error}", f"install what reads it: {_EXTRA}")
    cause = error.__cause__
    if isinstance(error, FileNotFoundError) and (hasattr(cause, "status") or isinstance(cause, OSError)):
        assert isinstance(cause, Exception)
        error = cause  # any failure of HTTP is called a missing file
    status = getattr(error, "status", None)
    if isinstance(error, FileNotFoundError) or status in (404, 410):
        return InputError(f"{shown}: no such file", "check the address")
    if isinstance(status, int) and status >= 400:  # the text would hold the address, quoted in some way
        said = f"the server answers {status}"
    else:
        said = " ".join(str(error).split())
    if not said or holds_secret_of(url, said):
        said = type(error).__name__
    return InputError(f"{shown}: cannot be fetched: {said}", "check the address and the access")
