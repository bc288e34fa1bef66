"""What all layouts share: the pictures of a folder, and which mask and reference belong to which."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from artifix.box import Box
from artifix.errors import InputError
from artifix.inputs.table import counted

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")
MASKS, REFERENCES = "masks", "references"  # folders looked in where the user names none


@dataclass(frozen=True, slots=True)
class Sources:
    """Where to look."""

    folder: Path
    masks: Path | None = None
    references: Path | None = None

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


def pictures(folder: Path) -> list[Path]:
    """The image files right inside, by name; hidden ones are not meant.

    Raises:
        InputError: the folder cannot be listed.
    """
    return [path for path in _listed(folder) if path.suffix.lower() in SUFFIXES and path.is_file()]


def distinct(images: list[Path]) -> list[Path]:
    """The pictures themselves.

    Raises:
        InputError: two differ in their suffix only, so that a mask may be meant for either.
    """
    of_stem: dict[str, Path] = {}
    for image in images:
        other = of_stem.setdefault(image.stem, image)
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
    return [path for path in _listed(folder) if path.is_dir()]


def named(folder: Path, *stems: str) -> Path | None:
    """The picture in `folder` that has one of the stems, whatever its suffix; None if there is none.

    Raises:
        InputError: there are several.
    """
    found = [
        folder / f"{stem}{suffix}"
        for stem in dict.fromkeys(stems)
        for suffix in (*SUFFIXES, *(suffix.upper() for suffix in SUFFIXES))
        if (folder / f"{stem}{suffix}").is_file()
    ]
    # A disk that ignores case finds one file under two names.
    different = [path for i, path in enumerate(found) if not any(path.samefile(other) for other in found[:i])]
    if len(different) > 1:
        names = " and ".join(path.name for path in different)
        raise InputError(f"{folder}: {names} may both be meant", "keep one of them there")
    return different[0] if different else None


def mask_of(image: Path, folder: Path) -> Path | None:
    """The mask drawn for a picture: <stem> or <stem>_mask in `folder`.

    Raises:
        InputError: there are several.
    """
    return named(folder, image.stem, f"{image.stem}_mask")


def required(folder: Path, image: Path, *stems: str) -> Path:
    """The reference of `image`, which has one of the stems.

    Raises:
        InputError: there is none, or several.
    """
    found = named(folder, *stems)
    if found is None:
        wanted = " or ".join(f"{stem}.*" for stem in stems)
        raise InputError(
            f"{folder}: has no reference for {image.name}", f"looked for {wanted}; name another --references"
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
    for image in distinct(images):
        mask = mask_of(image, sources.masks_folder)
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
        f"draw masks there, named like {example}.png or {example}_mask.png, or name another --masks",
    )


def size_of(path: Path) -> tuple[int, int]:
    """(height, width) of a picture, turned upright [px].

    Raises:
        InputError: it cannot be read.
    """
    from artifix.inputs.images import read_picture  # loads numpy, which manifests do without

    return read_picture(path, least_side_px=1).size


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be listed: {error.strerror}", "name an existing folder"
        ) from error
