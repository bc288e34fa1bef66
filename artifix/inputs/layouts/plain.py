"""Plain: images with their masks and references beside them, as people keep them without any program.

Of an image NAME.* the mask is NAME_mask.* or NAME-mask.* beside it, or NAME.* or the same in masks/; the
references are NAME_ref.*, NAME-ref.* or NAME_reference.* beside it, numbered where there are several
(NAME_ref1, NAME_ref-2, NAME_ref_3), or NAME.* or the same in references/, or else those given for all. Where
the user names a folder of masks or references, what it holds for an image goes before what lies beside it.

The name of an image may itself end like that of a mask or reference: X_mask.* is an image where no image X.*
lies beside it, and so is left out, which is told, unless it has a mask of its own. A reference given for all
is never an image.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from artifix.errors import InputError
from artifix.inputs.layouts.folders import (
    Found,
    Repair,
    Shelf,
    Sources,
    distinct,
    key_of,
    pictures,
    single,
)
from artifix.inputs.table import counted
from artifix.setting_names import setting

_BELONGING = re.compile(r"(.+)[_-](?:(mask)|ref(?:erence)?(?:[_-]?([0-9]+))?)", re.IGNORECASE | re.DOTALL)
_UNNUMBERED = -1


@dataclass(frozen=True, slots=True)
class _Belongings:
    """What the names of pictures say to belong to the image of a name."""

    masks: dict[str, list[Path]] = field(default_factory=dict)
    references: dict[str, list[tuple[int, Path]]] = field(default_factory=dict)

    def take(self, path: Path, said: re.Match[str]) -> None:
        name, mask, number = said.groups()
        if mask:
            self.masks.setdefault(name, []).append(path)
        else:
            order = _UNNUMBERED if number is None else int(number)
            self.references.setdefault(name, []).append((order, path))

    def references_of(self, name: str) -> list[Path]:
        """In the order of their numbers."""
        return [path for _, path in sorted(self.references.get(name, ()))]


class _Kept:
    """A folder of masks or of references, where the name of the image is enough."""

    def __init__(self, folder: Path, images: Path) -> None:
        is_apart = os.path.realpath(folder) != os.path.realpath(images)
        self._bare = Shelf(folder).of_stem if is_apart else {}
        self._called = _Belongings()
        for path in (path for paths in self._bare.values() for path in paths):
            if said := _BELONGING.fullmatch(key_of(path)):
                self._called.take(path, said)

    def masks_of(self, name: str) -> list[Path]:
        return [*self._bare.get(name, ()), *self._called.masks.get(name, ())]

    def references_of(self, name: str) -> list[Path]:
        return [*self._bare.get(name, ()), *self._called.references_of(name)]


def find(sources: Sources) -> Found:
    """A repair of every image that has a mask.

    Raises:
        InputError: an image has a mask and no reference, several files may be meant, or something that the
            user named is not there.
    """
    _require_named(sources)
    images, beside = _told_apart(sources)
    masks = _Kept(sources.masks_folder, sources.folder)
    references = _Kept(sources.references_folder, sources.folder)
    mask_of: dict[Path, Path] = {}
    for image in images:
        name = key_of(image)
        found = _either(beside.masks.get(name, []), masks.masks_of(name), sources.masks)
        if mask := single(sources.folder, found):
            mask_of[image] = mask
    if images and not mask_of:
        raise _maskless(images, sources)
    repairs = []
    for image in distinct(list(mask_of)):
        name = key_of(image)
        own = _either(beside.references_of(name), references.references_of(name), sources.references)
        repairs.append(Repair(name, image, mask_of[image], _references(image, own, sources)))
    return Found(repairs, [image for image in images if image not in mask_of])


def _require_named(sources: Sources) -> None:
    """What lies beside the images would stand in for a misspelt folder unseen."""
    for option, folder in ((setting("masks"), sources.masks), (setting("references"), sources.references)):
        if folder is not None and not folder.is_dir():
            raise InputError(f"{option} {folder}: no such folder", "check the spelling")
    for path in sources.shared:
        if not path.is_file():
            raise InputError(f"{setting('ref')} {path}: no such file", "check the spelling and the folder")


def _told_apart(sources: Sources) -> tuple[list[Path], _Belongings]:
    """The images by name, and what belongs to them beside them."""
    folder = os.path.realpath(sources.folder)
    shared = {path.name for path in sources.shared if os.path.realpath(path.parent) == folder}
    images: dict[str, list[Path]] = {}
    beside = _Belongings()
    # An image comes before what is named after it, whose name is longer.
    for path in sorted(pictures(sources.folder), key=lambda path: len(key_of(path))):
        name = key_of(path)
        said = _BELONGING.fullmatch(name)
        if said and said[1] in images:
            beside.take(path, said)
        elif path.name not in shared:
            images.setdefault(name, []).append(path)
    return sorted(path for paths in images.values() for path in paths), beside


def _either(beside: list[Path], kept: list[Path], folder: Path | None) -> list[Path]:
    """What lies at both places; only what is kept in the folder where the user named that."""
    return kept if kept and folder is not None else [*beside, *kept]


def _maskless(images: list[Path], sources: Sources) -> InputError:
    example = next((image for image in images if not _BELONGING.fullmatch(key_of(image))), images[0]).stem
    return InputError(
        f"{sources.folder}: has no mask for any of {counted(len(images), 'picture')}",
        f"draw masks, and name them like {example}_mask.png beside the pictures, or {example}.png in "
        f"{sources.masks_folder}",
    )


def _references(image: Path, own: Sequence[Path], sources: Sources) -> tuple[Path, ...]:
    """Those of the image itself, or else those for all.

    Raises:
        InputError: there are none, or two of one name.
    """
    found = tuple(own) or sources.shared
    if not found:
        name = image.stem
        raise InputError(
            f"{sources.folder}: has a mask but no reference for {image.name}",
            f"put {name}_ref.* beside it or {name}.* into {sources.references_folder}, or name one for all "
            f"by {setting('ref')}",
        )
    alike: dict[tuple[Path, str], list[Path]] = {}
    for path in own:
        alike.setdefault((path.parent, key_of(path)), []).append(path)
    for paths in alike.values():
        single(sources.folder, paths)
    return found
