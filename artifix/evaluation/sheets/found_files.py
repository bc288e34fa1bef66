"""Files of cases and of other methods, found by name, and by what is in them."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from artifix.errors import InputError
from artifix.inputs.file_bytes import read_bytes
from artifix.inputs.layouts.folders import SUFFIXES
from artifix.outputs.save import PICTURES
from artifix.setting_names import setting

_SHOWN_DIGITS = 12  # of a sha256
_TRUTHS = ("truth", "expected")


@dataclass(slots=True)
class Library:
    """Folders in which the files that runs were made of are looked for.

    A record tells name and sha256 of each, and not where it lay.
    """

    folders: Sequence[Path]  # searched to the bottom
    _named: dict[str, list[Path]] | None = None
    _digests: dict[Path, str] = field(default_factory=dict)

    def find(self, name: str, sha256: str, beside: Path) -> Path:
        """The file of this name and content, right in `beside` or anywhere in the folders.

        Raises:
            InputError: it is not there, or a folder cannot be listed.
        """
        near = [path for path in (beside / name,) if path.is_file()]
        candidates = near + self._all().get(name, [])
        for path in candidates:
            if self._digest(path) == sha256:
                return path
        where = ", ".join(map(str, [beside, *self.folders]))
        what = f"{len(candidates)} of that name, of other content" if candidates else "none of that name"
        raise InputError(
            f"{name} of sha256 {sha256[:_SHOWN_DIGITS]}... is not in {where} ({what})",
            f"name the folder that holds it with {setting('inputs', 'DIR')}",
        )

    def _all(self) -> dict[str, list[Path]]:
        if self._named is None:
            self._named = {}
            for folder in self.folders:
                for place, folders, names in os.walk(folder, onerror=_refuse):
                    folders.sort()
                    for name in sorted(names):
                        self._named.setdefault(name, []).append(Path(place, name))
        return self._named

    def _digest(self, path: Path) -> str:
        if path not in self._digests:
            self._digests[path] = hashlib.sha256(read_bytes(path)).hexdigest()
        return self._digests[path]


def _refuse(error: OSError) -> None:
    raise InputError(
        f"{error.filename}: cannot be listed: {error.strerror}", "name an existing folder"
    ) from error


def truth_beside(image: Path) -> Path | None:
    """truth.* or expected.* in the folder of an image."""
    return _picture(image.parent, _TRUTHS)


def result_of(folder: Path, names: Sequence[str]) -> Path | None:
    """What a method made of a case: NAME.*, or the repaired picture in NAME/.

    Args:
        folder: of the method.
        names: that the case may go by, the likeliest first.

    Raises:
        InputError: several may be meant.
    """
    for name in names:
        found = [path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").is_file()]
        found += [path for one in sorted(PICTURES) if (path := folder / name / one).is_file()]
        if len(found) > 1:
            told = " and ".join(path.relative_to(folder).as_posix() for path in found)
            raise InputError(f"{folder}: {told} may both be meant", "keep one of them there")
        if found:
            return found[0]
    return None


def repaired_in(run: Path) -> Path | None:
    """The repaired picture of a run; None where it repaired nothing."""
    found = [path for one in sorted(PICTURES) if (path := run / one).is_file()]
    return found[0] if found else None


def require_folders(named: Mapping[str, Path]) -> None:
    """Raise InputError if one of the folders, by what they are for, is not there."""
    for what, folder in named.items():
        if not folder.is_dir():
            raise InputError(f"{what}: {folder}: no such folder", "check the spelling")


def _picture(folder: Path, stems: Sequence[str]) -> Path | None:
    for stem in stems:
        for suffix in SUFFIXES:
            if (path := folder / f"{stem}{suffix}").is_file():
                return path
    return None
