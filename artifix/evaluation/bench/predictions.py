"""What a method made of a case, as files: a folder for each case, and what all of a method were made with."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artifix import __version__
from artifix.errors import InputError, OutputError
from artifix.evaluation.bench.groups import Group, listed
from artifix.evaluation.bench.methods import Method
from artifix.outputs.encode import encode_json
from artifix.outputs.save import RECORD, require_run_folder
from artifix.setting_names import setting
from artifix.writing import as_output_error, write_file

PREDICTIONS, SCORES = "predictions", "scores"  # folders of a run
CACHE = "cache.json"
BENCH = "bench.json"  # marks the folder of a run
REFINED_PNG, REGION_PNG = "refined.png", "region.png"
DONE, REFUSED = "done", "refused"
_MOST_TOLD = 4  # differences in one message


@dataclass(frozen=True, slots=True)
class MadeWith:
    """What predictions of a method depend on."""

    config: Mapping[str, Any]  # JSON-ready: kind, weights, settings, ...
    inputs: Mapping[str, Mapping[str, str]]  # sha256 of what each case gives to the method, by its kind


@dataclass(frozen=True, slots=True)
class Shelf:
    """The predictions of one method in the folder of a run."""

    out: Path
    method: Method

    @property
    def folder(self) -> Path:
        """With a folder for each case."""
        return self.out / PREDICTIONS / self.method.name

    def place(self, case: str) -> Path:
        """The folder of a case."""
        return self.folder / case

    def is_there(self, case: str) -> bool:
        """Whether the prediction is; its folder is written whole or not at all."""
        return (self.place(case) / RECORD).is_file()

    def record(self, case: str) -> dict[str, Any]:
        """What is told of the prediction of a case that is there.

        Raises:
            InputError: somebody has changed the record.
        """
        path = self.place(case) / RECORD
        told = _read_json(path)
        if told.get("status") not in (DONE, REFUSED):
            raise _changed(path)
        return told

    def fingerprint(self, case: str) -> str:
        """sha256 of the files of a prediction that are scored.

        Raises:
            InputError: a file cannot be read.
        """
        digest = hashlib.sha256()
        for name in (REFINED_PNG, REGION_PNG):
            path = self.place(case) / name
            try:
                data = path.read_bytes() if path.is_file() or name == REFINED_PNG else b""
            except OSError as error:
                raise InputError(
                    f"{path}: cannot be read: {error.strerror}",
                    f"delete the folder {path.parent}: it is made anew",
                ) from error
            digest.update(hashlib.sha256(data).digest())
        return digest.hexdigest()

    def differences(self, made: MadeWith) -> list[str]:
        """How predictions that are there were made otherwise than `made`; none where nothing is there.

        Raises:
            InputError: somebody has changed the record of how they were made.
        """
        path = self.folder / CACHE
        if not path.is_file():
            return []
        told = _read_json(path)
        config, inputs = told.get("config"), told.get("inputs")
        if not isinstance(config, dict) or not isinstance(inputs, dict):
            raise _changed(path)
        differing = _differing(config, made.config)
        for case, digests in made.inputs.items():
            was = inputs.get(case, digests)
            differing += [
                f"{what} of {case} is another" for what in digests if was.get(what) != digests[what]
            ]
        return differing

    def open(self, made: MadeWith) -> None:
        """Note how predictions are made, before the first of them.

        Raises:
            OutputError: the disk refuses.
        """
        path = self.folder / CACHE
        inputs = dict(made.inputs)
        if path.is_file():  # of cases that are not among these now
            inputs = {**_read_json(path)["inputs"], **inputs}
        data = encode_json({"config": made.config, "inputs": inputs})
        with as_output_error(path):
            self.folder.mkdir(parents=True, exist_ok=True)
            if not path.is_file() or path.read_bytes() != data:
                write_file(path, lambda stream: stream.write(data))

    def clear(self) -> None:
        """Delete the predictions and their scores, to be made anew.

        Raises:
            OutputError: the disk refuses.
        """
        for folder in (self.folder, self.out / SCORES / self.method.name):
            with as_output_error(folder):
                if folder.exists():
                    shutil.rmtree(folder)


def require_same(shelf: Shelf, made: MadeWith) -> None:
    """Refuse predictions that are there and were made under another config, or of other inputs.

    Raises:
        OutputError: they were; names what differs.
    """
    if differing := shelf.differences(made):
        more = f", and {len(differing) - _MOST_TOLD} more" if len(differing) > _MOST_TOLD else ""
        raise OutputError(
            f"{shelf.folder}: holds predictions that were made otherwise: "
            f"{'; '.join(differing[:_MOST_TOLD])}{more}",
            f"name another folder with {setting('out')}, or pass {setting('overwrite', True)} to make them "
            "anew",
        )


def left(shelf: Shelf, groups: Sequence[Group]) -> list[Group]:
    """The cases that have no prediction yet."""
    return [group for group in groups if not shelf.is_there(group.name)]


def require_free(out: Path, inputs: Sequence[Path]) -> None:
    """Refuse a folder for a run that holds something else, or the inputs.

    Raises:
        OutputError: it does, or is a file.
    """
    require_run_folder(out, BENCH, "run of bench")
    with as_output_error(out):
        place = out.resolve()
        within = [str(path) for path in inputs if path.resolve().is_relative_to(place)]
    if within:
        raise OutputError(
            f"{out}: holds inputs: {listed(within)}", f"choose another folder with {setting('out')}"
        )


def mark(out: Path) -> None:
    """Make the folder of a run, if it is not there, and mark it as one.

    Raises:
        OutputError: the disk refuses.
    """
    data = encode_json({"artifix": __version__, "command": "bench"})
    with as_output_error(out):
        out.mkdir(parents=True, exist_ok=True)
        if not (out / BENCH).is_file():
            write_file(out / BENCH, lambda stream: stream.write(data))


def _differing(was: Mapping[str, Any], now: Mapping[str, Any], above: str = "") -> list[str]:
    """Sentences on values that are not the same, the innermost named."""
    told = []
    for name in sorted({*was, *now}):
        old, new = was.get(name), now.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            told += _differing(old, new, f"{above}{name}.")
        elif json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True, default=list):
            told.append(f"{above}{name} was {_short(old)} and is {_short(new)}")
    return told


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:12]}..."


def _read_json(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise _changed(path) from error
    if not isinstance(told, dict):
        raise _changed(path)
    return told


def _changed(path: Path) -> InputError:
    return InputError(
        f"{path}: is nothing that bench wrote", f"delete the folder {path.parent}: it is made anew"
    )
