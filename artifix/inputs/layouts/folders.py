"""What all layouts share: the pictures of a folder, and which mask and reference belong to which."""

import os
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from artifix.box import Box
from artifix.errors import InputError
from artifix.inputs.table import counted
from artifix.setting_names import setting

SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".heic", ".heif",
)  # fmt: skip
MASKS, REFERENCES = "masks", "references"  # folders looked in where the user names none


@dataclass(frozen=True, slots=True)
class Sources:
    """Where to look."""

    folder: Path
    masks: Path | None = None
    references: Path | None = None
    shared: tuple[Path, ...] = ()  # references for every picture that has none of its own

    @property
    def masks_folder(self) -> Path:
        return self.masks or self.folder / MASKS

    @property
    def references_folder(self) -> Path:
        return self.references or self.folder / REFERENCES


@dataclass(frozen=True, slots=True)
class Repair:
    """A picture with an artifact, and what belongs to it."""

    name: str  # of the row; need not be safe or unique
    image: Path
    mask: Path
    references: tuple[Path, ...]
    crops: Mapping[str, Box] = field(default_factory=dict)  # of "image", "mask", "reference"


@dataclass(frozen=True, slots=True)
class Found:
    """What a layout holds."""

    repairs: list[Repair]
    left_out: list[Path]  # pictures without a mask


class Shelf:
    """The pictures of a folder by their names; listed once, however many are asked for.

    Args:
        folder: need not be there: then it holds none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def of_stem(self) -> dict[str, list[Path]]:
        """The pictures by `key_of` their names.

        Raises:
            InputError: the folder cannot be listed.
        """
        found: dict[str, list[Path]] = {}
        for path in pictures(self.folder) if os.path.isdir(self.folder) else ():
            found.setdefault(key_of(path), []).append(path)
        return found


def key_of(path: Path) -> str:
    """The name without its suffix, the same however its accents are composed."""
    return unicodedata.normalize("NFC", path.stem)


def pictures(folder: Path) -> list[Path]:
    """The image files right inside, by name; hidden ones are not meant.

    Raises:
        InputError: the folder cannot be listed.
    """
    return _listed(folder, lambda entry: entry.name.lower().endswith(SUFFIXES) and _is_file(entry))


def distinct(images: list[Path]) -> list[Path]:
    """The pictures themselves.

    Raises:
        InputError: two differ in their suffix, or how accents are composed, only: a mask may be meant for
            either.
    """
    of_stem: dict[str, Path] = {}
    for image in images:
        other = of_stem.setdefault(key_of(image), image)
        if other is not image:
            raise InputError(
                f"{image.parent}: {other.name} and {image.name} would share their masks", "rename one of them"
            )
    return images


def folders(folder: Path) -> list[Path]:
    """The folders right inside, by name, without hidden ones.

    Raises:
        InputError: the folder cannot be listed.
    """
    return _listed(folder, lambda entry: os.path.isdir(entry.path))


def named(shelf: Shelf, *stems: str) -> Path | None:
    """The picture on the shelf that has one of the stems, whatever its suffix; None if there is none.

    Raises:
        InputError: there are several, or the folder cannot be listed.
    """
    keys = dict.fromkeys(unicodedata.normalize("NFC", stem) for stem in stems)
    return single(shelf.folder, [path for key in keys for path in shelf.of_stem.get(key, ())])


def single(folder: Path, found: Sequence[Path]) -> Path | None:
    """The one picture found; None if there is none.

    Args:
        folder: named in the error, and not again for what lies in it.
        found: what may be meant.

    Raises:
        InputError: there are several.
    """
    if len(found) > 1:
        short = [path.relative_to(folder) if path.is_relative_to(folder) else path for path in found]
        names = " and ".join(path.as_posix() for path in short)
        raise InputError(f"{folder}: {names} may both be meant", "keep one of them there")
    return found[0] if found else None


def mask_of(image: Path, masks: Shelf) -> Path | None:
    """The mask drawn for a picture: <stem> or <stem>_mask among the masks.

    Raises:
        InputError: there are several, or the masks cannot be listed.
    """
    return named(masks, image.stem, f"{image.stem}_mask")


def required(shelf: Shelf, image: Path, *stems: str) -> Path:
    """The reference of `image`, which has one of the stems.

    Raises:
        InputError: there is none, or several.
    """
    found = named(shelf, *stems)
    if found is None:
        wanted = " or ".join(f"{stem}.*" for stem in stems)
        raise InputError(
            f"{shelf.folder}: has no reference for {image.name}",
            f"looked for {wanted}; name another {setting('references')}",
        )
    return found


def with_masks(
    images: list[Path], sources: Sources, repairs_of: Callable[[Path, Path], list[Repair]]
) -> Found:
    """What `repairs_of` makes of each picture that has a mask; see `mask_of`.

    Args:
        images: the pictures.
        sources: where their masks are.
        repairs_of: given a picture and its mask.

    Raises:
        InputError: several masks may be meant for a picture, or `repairs_of` refuses one.
    """
    repairs: list[Repair] = []
    left_out = []
    masks = Shelf(sources.masks_folder)
    for image in distinct(images):
        mask = mask_of(image, masks)
        if mask is None:
            left_out.append(image)
        else:
            repairs += repairs_of(image, mask)
    return Found(repairs, left_out)


def require_repairs(found: Found, sources: Sources) -> None:
    """Raise InputError, saying what was looked for, if nothing is to be repaired."""
    if found.repairs:
        return
    if not found.left_out:
        raise InputError(f"{sources.folder}: holds no pictures in this layout", "see artifix batch --help")
    example = found.left_out[0].stem
    raise InputError(
        f"{sources.masks_folder}: has no mask for any of {counted(len(found.left_out), 'picture')} "
        f"of {sources.folder}",
        f"draw masks there, named like {example}.png or {example}_mask.png, "
        f"or name another {setting('masks')}",
    )


def size_of(path: Path) -> tuple[int, int]:
    """(height, width) of a picture, turned upright [px].

    Raises:
        InputError: it cannot be read.
    """
    from artifix.inputs.images import read_picture  # loads numpy, which manifests do without

    return read_picture(path, least_side_px=1).size


def _listed(folder: Path, is_wanted: Callable[["os.DirEntry[str]"], bool]) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name[0] != "." and is_wanted(entry)]
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be listed: {error.strerror}", "name an existing folder"
        ) from error
    return [folder / name for name in sorted(names)]


def _is_file(entry: "os.DirEntry[str]") -> bool:
    # An entry knows that without asking the disk again, but for links, of which some lead nowhere.
    return os.path.isfile(entry.path) if entry.is_symlink() else entry.is_file()
