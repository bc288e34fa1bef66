"""One visitor of the page: a folder of their own, and what they gave so far."""

import re
import secrets
import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from artifix.inputs.images import Picture, read_picture
from artifix.outputs.encode import encode_png
from artifix.ui.limits import Limits

_UNSAFE = re.compile(r"[^\w.+@ ()-]")  # of a file's name
_LONGEST_NAME = 100
MASK = "mask.png"
GIVEN, HANDED = "given", "handed"  # folders of what visitors gave, and of what they are handed


@dataclass(slots=True, eq=False)
class Visitor:
    """Files of one visitor; nobody else is given their names."""

    folder: Path  # what was given; never served
    handed: Path  # what can be downloaded
    limits: Limits
    image: Picture | None = None
    references: tuple[Picture, ...] = ()
    shown: int = 0  # index of the reference that the page shows
    found: str = ""  # the region that was found there, as x0,y0,x1,y1
    stop: threading.Event = field(default_factory=threading.Event)  # set to end the job that runs

    def take_image(self, file: Path) -> Picture:
        """Keep a copy of a file as the image that is to be repaired.

        Raises:
            InputError: it is too large, or no picture that can be read.
        """
        self.image = None
        self.image = self._kept(file, self.references)
        return self.image

    def take_references(self, files: list[Path]) -> tuple[Picture, ...]:
        """Keep copies of files as the reference photos.

        Raises:
            InputError: one is too large, or no picture that can be read.
        """
        self.references, self.shown, self.found = (), 0, ""
        kept: list[Picture] = []
        for file in files:
            others = kept if self.image is None else [self.image, *kept]
            kept.append(self._kept(file, tuple(others)))
        self.references = tuple(kept)
        return self.references

    def read_once(self, file: Path) -> Picture:
        """A picture of which no copy is kept.

        Raises:
            InputError: it is too large, or no picture that can be read.
        """
        others = self.references if self.image is None else (self.image, *self.references)
        picture = self._kept(file, others)
        picture.path.unlink()
        return picture

    def write_mask(self, mask: NDArray[np.bool_]) -> Path:
        """Keep the mask as a PNG, white where it is True; (H, W) of the image."""
        path = self.folder / MASK
        path.write_bytes(encode_png(mask))
        return path

    def leave(self) -> None:
        """End what runs for the visitor, and delete their files."""
        self.stop.set()
        for folder in (self.folder, self.handed):
            shutil.rmtree(folder, ignore_errors=True)

    def _kept(self, file: Path, others: tuple[Picture, ...]) -> Picture:
        """The picture, in the folder under a name that none of `others` has."""
        name = safe_name(file.name)
        self.limits.check(file, name)
        taken = {other.path.name.lower() for other in others} | {MASK}
        stem, suffix, number = Path(name).stem, Path(name).suffix, 2
        while name.lower() in taken:
            name, number = f"{stem}-{number}{suffix}", number + 1
        path = self.folder / name
        shutil.copyfile(file, path)
        try:
            return read_picture(path)
        except BaseException:
            path.unlink()
            raise


def new_visitor(parent: Path, limits: Limits) -> Visitor:
    """A visitor with empty folders in two of `parent`, whose names cannot be guessed."""
    token = secrets.token_hex(16)
    folder, handed = parent / GIVEN / token, parent / HANDED / token
    for new in (folder, handed):
        new.mkdir(mode=0o700, parents=True)
    return Visitor(folder, handed, limits)


def safe_name(name: str) -> str:
    """The last part of a path, fit for a file of any system and for a shell: no folder, no sign apart."""
    last = re.split(r"[/\\]", name)[-1]
    cleaned = _UNSAFE.sub("_", last).lstrip(".- ").rstrip(". ")
    stem, suffix = Path(cleaned).stem, Path(cleaned).suffix[:12]
    return f"{stem[:_LONGEST_NAME]}{suffix}" or "picture"
