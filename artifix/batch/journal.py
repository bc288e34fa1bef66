"""What has been done so far, a line a row, synced: a kill costs the row in hand at most."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from artifix.batch.lock import Shard
from artifix.errors import InputError
from artifix.setting_names import Spelling, as_keyword, setting, spelled
from artifix.writing import as_output_error, sync_folder

_NAME = "journal"


def journal_path(out: Path, shard: Shard) -> Path:
    """The journal that the runs of a shard write."""
    name = _NAME if shard.count == 1 else f"{_NAME}-{shard.index}-of-{shard.count}"
    return out / f"{name}.jsonl"


def read_journals(out: Path) -> dict[str, dict[str, Any]]:
    """The latest entry of each row, by its id, from the journals of all shards.

    Raises:
        InputError: a journal cannot be read, or holds lines that no run wrote.
    """
    latest: dict[str, dict[str, Any]] = {}
    for path in sorted(out.glob(f"{_NAME}*.jsonl")):
        # Within a journal the later line counts, whatever the clock said: it may have been set back.
        for row_id, entry in {entry["id"]: entry for entry in _entries(path)}.items():
            earlier = latest.get(row_id)
            if earlier is None or earlier["time"] <= entry["time"]:
                latest[row_id] = entry
    return latest


class Journal:
    """The open journal of one run; settings are named as `spell` writes them."""

    def __init__(self, descriptor: int, path: Path, spell: Spelling = as_keyword) -> None:
        self._descriptor, self._path, self._spell = descriptor, path, spell

    def append(self, entry: Mapping[str, Any]) -> None:
        """Write one row's entry; on the disk after return.

        Raises:
            OutputError: the disk refuses.
        """
        texts = {name: spelled(told, self._spell) for name, told in entry.items() if isinstance(told, str)}
        line = (json.dumps({**entry, **texts, "time": time.time()}, sort_keys=True) + "\n").encode()
        with as_output_error(self._path):
            view = memoryview(line)
            while view:  # a full disk may take a part
                view = view[os.write(self._descriptor, view) :]
            os.fsync(self._descriptor)


@contextmanager
def open_journal(out: Path, shard: Shard, spell: Spelling = as_keyword) -> Iterator[Journal]:
    """The journal of a shard, for appending; a line that a kill cut short is taken away first.

    Raises:
        OutputError: the disk refuses.
    """
    path = journal_path(out, shard)
    with as_output_error(path):
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with as_output_error(path):
            _cut_torn_line(descriptor, path)
            os.fsync(descriptor)
            sync_folder(out)
        yield Journal(descriptor, path, spell)
    finally:
        with suppress(OSError):  # every line is synced: nothing is left that closing could lose
            os.close(descriptor)


def _cut_torn_line(descriptor: int, path: Path) -> None:
    data = path.read_bytes()
    if not data.endswith(b"\n"):
        os.ftruncate(descriptor, data.rfind(b"\n") + 1)


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {error.strerror}", f"mend it, or name another {setting('out')}"
        ) from error
    for number, line in enumerate(lines[:-1], 1):  # what follows the last line break was cut short
        try:
            entry = json.loads(line)
            known = isinstance(entry["id"], str) and isinstance(entry["time"], float)
            known = known and entry["status"] in ("done", "failed") and isinstance(entry["fingerprint"], str)
        except (ValueError, KeyError, TypeError, RecursionError):
            known = False
        if not known:
            raise InputError(
                f"{path}: line {number} is no entry of a journal",
                f"delete that line (its row is done anew), or name another folder with {setting('out')}",
            )
        yield entry
