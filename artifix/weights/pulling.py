"""Public weights pulled into the store: whole and checked, or not there; a pull that broke off goes on."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from artifix.errors import OutputError, WeightsError
from artifix.progress import Progress, tell
from artifix.weights.catalogue import Entry, Source
from artifix.weights.checksums import SUMS_NAME, sha256_of, sums_text
from artifix.weights.hub import HubUnreachableError, cached_file, fetch
from artifix.weights.part import Part, difference_of
from artifix.weights.plan import PLAN_NAME, Plan, by_hand, make_plan, read_plan, write_plan
from artifix.weights.sizes import in_gb
from artifix.weights.store import (
    PLACE_VARIABLE,
    SOURCE_NAME,
    Origin,
    is_pulled,
    locked,
    place_of,
    source_text,
    staging_of,
    store,
)
from artifix.weights.verification import verify_weights
from artifix.writing import UNFINISHED, publish, sync_folder, write_file

_PARTIAL = ".partial"  # folder of files that are not whole yet, in the staging folder
_SPARE = 50_000_000  # bytes that a disk has to have beside the weights
_MB = 10**6
Tell = Callable[[str], None]


def pull(
    entry: Entry, accepted: str, progress: Progress | None = None, note: Tell = lambda text: None
) -> Path:
    """Fetch weights into the store, check them, and put them in place; nothing where they are there.

    Args:
        entry: which.
        accepted: when the user accepted their licences, as ISO 8601.
        progress: told of the stage "pull" in megabytes.
        note: told a line where something is odd.

    Returns:
        The folder of the weights.

    Raises:
        HubUnreachableError: there is no network.
        WeightsError: the Hub does not give them, or what it gives is not what was released.
        OutputError: the disk refuses, or another pull is at work.
    """
    place, staging = place_of(entry.name), staging_of(entry.name)
    with _as_output_error(place), locked(entry.name):
        if is_pulled(entry.name):
            _tidy(place)
            return place
        _require_free(place)
        staging.mkdir(exist_ok=True)
        plan = read_plan(entry)
        if plan is None:
            plan = make_plan(entry, accepted)
            write_plan(entry, plan)
        digests = _Pull(entry, plan, staging, progress, note).run()
        _finish(entry, plan, staging, digests)
        publish(staging, place)
        _tidy(place)
    return place


@dataclass(slots=True)
class _Pull:
    """One run of a plan."""

    entry: Entry
    plan: Plan
    staging: Path
    progress: Progress | None
    note: Tell
    done: int = 0  # bytes of the files that are there and right

    def run(self) -> dict[str, str]:
        """The sha256 of every file by its place, all of them there."""
        left = [part for part in self.plan.parts if not self._place(part).is_file()]
        self._require_space(left)
        return {part.to: self._bring(part) for part in self.plan.parts}

    def _bring(self, part: Part) -> str:
        """The sha256 of a file that is there and right afterwards."""
        place = self._place(part)
        digest = self._checked_earlier(part, place)
        if digest is None:
            partial = self._partial(part)
            partial.parent.mkdir(parents=True, exist_ok=True)
            digest = self._taken_from_cache(part, partial)
            if digest is None:
                self._fetch(part, partial)
                digest = self._require_right(part, partial)
            place.parent.mkdir(parents=True, exist_ok=True)
            partial.replace(place)
        self.done += part.bytes or 0
        self._tell(0)
        return digest

    def _fetch(self, part: Part, partial: Path) -> None:
        if partial.exists() and part.bytes is not None:
            if (length := partial.stat().st_size) == part.bytes:
                return
            if length > part.bytes:
                partial.unlink()

        def told(length: int) -> None:
            if part.bytes is not None and length > part.bytes:
                partial.unlink()
                raise WeightsError(
                    f"{part.repo}: {part.path}: is longer than its {part.bytes} bytes",
                    "use no mirror that you do not trust, and pull again",
                )
            self._tell(length)

        try:
            fetch(self._source(part), part.commit, part.path, partial, told)
        except HubUnreachableError as error:
            raise HubUnreachableError(error.problem, by_hand(self.entry)) from error

    def _checked_earlier(self, part: Part, place: Path) -> str | None:
        """Of a file that an earlier run or the user put there; one that is not right goes away."""
        if not place.is_file():
            return None
        digest = sha256_of(place)
        if (wrong := difference_of(part, place, digest)) is None:
            return digest
        self.note(f"{place}: {wrong}; it is fetched anew")
        place.unlink()
        return None

    def _taken_from_cache(self, part: Part, partial: Path) -> str | None:
        """Of a file that the Hub's library has in its cache, linked or copied to `partial`."""
        cached = cached_file(self._source(part), part.commit, part.path)
        if cached is None:
            return None
        partial.unlink(missing_ok=True)
        try:
            os.link(cached, partial)
        except OSError:  # on another disk, or one that knows no links
            with cached.open("rb") as source:
                write_file(partial, lambda stream: shutil.copyfileobj(source, stream, _MB))
        digest = sha256_of(partial)
        if (wrong := difference_of(part, partial, digest)) is None:
            return digest
        self.note(f"{cached}: {wrong}; it is fetched anew")
        partial.unlink()
        return None

    def _require_right(self, part: Part, path: Path) -> str:
        digest = sha256_of(path)
        if (wrong := difference_of(part, path, digest)) is not None:
            path.unlink()
            raise WeightsError(
                f"{part.repo}: {part.path}: {wrong}",
                "it was deleted: pull again; if that gives the same, use another mirror, or report it",
            )
        return digest

    def _require_space(self, left: list[Part]) -> None:
        needed = 0
        for part in left:
            partial = self._partial(part)
            there = partial.stat().st_size if partial.exists() else 0
            cached = cached_file(self._source(part), part.commit, part.path)
            if cached is None or cached.stat().st_dev != self.staging.stat().st_dev:
                needed += max((part.bytes or 0) - there, 0)
        free = shutil.disk_usage(self.staging).free
        if needed and free < needed + _SPARE:
            raise OutputError(
                f"{store()}: {in_gb(free)} are free there, {self.entry.name} needs {in_gb(needed + _SPARE)}",
                f"free some space, or name a folder on another disk in {PLACE_VARIABLE}",
            )

    def _place(self, part: Part) -> Path:
        return self.staging / part.to

    def _partial(self, part: Part) -> Path:
        return self.staging / _PARTIAL / part.to

    def _source(self, part: Part) -> Source:
        return next(source for source in self.entry.sources if source.repo == part.repo)

    def _tell(self, length: int) -> None:
        total = sum(part.bytes or 0 for part in self.plan.parts)
        tell(self.progress, "pull", -(-(self.done + length) // _MB), -(-total // _MB))  # rounded up


def _finish(entry: Entry, plan: Plan, staging: Path, digests: dict[str, str]) -> None:
    """Say where the weights come from and what their files are, and look at them as if they were loaded."""
    commits = {part.repo: part.commit for part in plan.parts}
    origins = [Origin(s.repo, commits[s.repo], s.licence, s.licence_url) for s in entry.sources]
    _write(staging / SOURCE_NAME, source_text(entry.name, plan.accepted, origins))
    digests = digests | {SOURCE_NAME: sha256_of(staging / SOURCE_NAME)}
    listed = {name: digest for name, digest in sorted(digests.items()) if not name.endswith(".md")}
    _write(staging / SUMS_NAME, sums_text(listed))
    verify_weights(staging)
    for folder in (staging, *(path for path in staging.rglob("*") if path.is_dir())):
        sync_folder(folder)


def _write(path: Path, text: str) -> None:
    write_file(path, lambda stream: stream.write(text.encode()))


def _require_free(place: Path) -> None:
    """Refuse to replace what lies in the place of the weights and was not pulled."""
    if place.is_dir() and any(place.iterdir()):
        raise OutputError(
            f"{place}: holds files that were not pulled",
            "move them away, or delete the folder, and pull again",
        )


def _tidy(place: Path) -> None:
    """Take away what only the pull needed; it is hidden, and harms nobody where it stays."""
    shutil.rmtree(place / _PARTIAL, ignore_errors=True)
    for path in (place / PLAN_NAME, *place.glob(UNFINISHED)):
        path.unlink(missing_ok=True)


@contextmanager
def _as_output_error(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = "free some space, and pull again: what was fetched is kept" if full else "mend it"
        raise OutputError(
            f"{place}: cannot be written: {error.strerror or error}",
            f"{remedy}, or name a folder elsewhere in {PLACE_VARIABLE}",
        ) from error
