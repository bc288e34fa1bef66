"""Where a repair goes: into a folder of results, into a file of its own, or on to another program."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from artifix.errors import UsageError
from artifix.inputs.places import STREAM
from artifix.setting_names import setting

_OTHER_PICTURES = (".gif", ".bmp", ".avif", ".heic", ".heif", ".jxl", ".jp2", ".psd", ".svg", ".pdf")


@dataclass(frozen=True, slots=True)
class Target:
    """One of them is there at least."""

    folder: Path | None = None  # for all results
    picture: Path | None = None  # for the repaired picture alone; "-" is standard output

    def check(self, overwrite: bool, inputs: Sequence[Path]) -> None:
        """Refuse what could not be written, before any work is done for it.

        Raises:
            OutputError: it is in use, would replace an input, or cannot be created.
        """
        from artifix.outputs.save import check_file, check_output

        if self.folder is not None:
            check_output(self.folder, overwrite, inputs)
        if self.picture is not None and self.picture != STREAM:
            check_file(self.picture, overwrite, inputs)

    def save(
        self, files: Mapping[str, bytes], picture: bytes, overwrite: bool, inputs: Sequence[Path]
    ) -> None:
        """Write everything there is a place for.

        Args:
            files: for the folder, by name.
            picture: the repaired picture's file.
            overwrite: see `outputs.save.check_output`.
            inputs: files that must stay as they are.

        Raises:
            OutputError: the disk refuses, or who reads standard output has gone.
        """
        from artifix.outputs.save import save_file, save_result
        from artifix.writing import as_output_error

        if self.folder is not None:
            save_result(self.folder, files, overwrite, inputs)
        if self.picture == STREAM:
            with as_output_error(STREAM):
                sys.stdout.buffer.write(picture)
                sys.stdout.buffer.flush()
        elif self.picture is not None:
            save_file(self.picture, picture, overwrite, inputs)

    def told(self) -> dict[str, str]:
        """For the JSON of a command."""
        places = {"out": self.folder, "to": self.picture}
        return {name: str(place) for name, place in places.items() if place is not None}

    def shown(self, name: str) -> str:
        """The repaired picture, which the folder holds as `name`, for a person."""
        if self.folder is not None:
            return str(self.folder / name)
        return "the repaired picture" if self.picture == STREAM else str(self.picture)


def target_of(image: Path, out: Path | None, to: Path | None, has_json: bool) -> Target:
    """Where a repair is asked to be written.

    Args:
        image: that is repaired; its own folder is where results go if nothing else is said.
        out: a folder, or a picture, which stands for `to`.
        to: a picture.
        has_json: standard output is taken by the record.

    Raises:
        UsageError: nowhere, or twice, or a file of a format that is not written.
    """
    if out is not None and _is_picture(out):
        if to is not None:
            both = f"{setting('out', out)} and {setting('to', to)} are both files"
            raise UsageError(both, "give one of them")
        out, to = None, out
    if to is None and out is None:
        to, out = _default(image)
    if to is not None:
        _check_picture(to, has_json)
    return Target(out, to)


def folder_of(image: Path, out: Path | None) -> Path:
    """Where several files are asked to be written: `out`, or a folder beside the image.

    Raises:
        UsageError: `out` is the name of a picture.
    """
    if out is not None and _is_picture(out):
        problem = f"{setting('out', out)} names a picture, and a folder of results is written"
        raise UsageError(problem, "name a folder")
    return out or default_folder(image)


def _is_picture(out: Path) -> bool:
    return out.suffix.lower() in _endings() and not out.is_dir()


def default_folder(image: Path) -> Path:
    """Beside the image; with its ending where another image of the same stem has its results there."""
    folder = image.parent / f"{image.stem}-artifix"
    return folder if _image_of(folder) in (None, image.name) else image.parent / f"{image.name}-artifix"


def format_of(to: Path | None, asked: str | None, usual: str) -> str:
    """The format of the picture: that which was asked for, or that of the file's ending.

    Args:
        to: the file, if there is one.
        asked: by name; None where it is not.
        usual: that which holds otherwise.
    """
    if asked is not None or to is None:
        return asked or usual
    return _endings().get(to.suffix.lower(), usual)


def check_ending(to: Path | None, name: str) -> None:
    """Raise UsageError if the file's ending is of another format than `name`, which it is to hold."""
    ending = None if to is None else _endings().get(to.suffix.lower())
    if ending is not None and ending != name:
        raise UsageError(
            f"{to} would be a {name.upper()} called {ending.upper()}",
            f"drop {setting('format', name)}, or name another file",
        )


def _default(image: Path) -> tuple[Path | None, Path | None]:
    if image != STREAM:
        return None, default_folder(image)
    if sys.stdout.isatty():
        raise UsageError(
            "the image comes from standard input, and no place for the results is named",
            f"pass {setting('to', 'FILE')}, or {setting('out', 'DIR')}",
        )
    return STREAM, None


def _check_picture(to: Path, has_json: bool) -> None:
    if to == STREAM and has_json:
        raise UsageError(
            f"{setting('json')} and {setting('to', to)} both write to standard output",
            f"give {setting('to')} a file, or {setting('out')} a folder",
        )
    if to == STREAM and sys.stdout.isatty():
        problem = f"{setting('to', to)}: standard output is a terminal"
        raise UsageError(problem, f"redirect it, or pass {setting('to', 'FILE')}")
    if to.suffix.lower() in _OTHER_PICTURES:
        raise UsageError(
            f"{to}: pictures of this kind are not written", f"end it with {', '.join(_endings())}"
        )


def _image_of(folder: Path) -> str | None:
    """Name of the image whose results a folder holds; None where it holds none."""
    from artifix.outputs.save import RECORD

    try:
        return str(json.loads((folder / RECORD).read_bytes())["inputs"]["image"]["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _endings() -> dict[str, str]:
    """Formats by the endings of their files; what knows them is loaded when it is needed."""
    from artifix.outputs.formats import ENDINGS

    return ENDINGS
