"""DreamBooth: pictures of subjects, a folder each.

The data set has a folder for each subject (dataset/backpack/00.jpg ...) with four to six photos. Where
generated pictures go is up to the many programs that train on it; this relies on a folder of the same name
for each subject.
"""

from pathlib import Path

from artifix.errors import InputError
from artifix.inputs.layouts.folders import (
    MASKS,
    REFERENCES,
    Found,
    Repair,
    Shelf,
    Sources,
    distinct,
    folders,
    mask_of,
    pictures,
)
from artifix.setting_names import setting


def find(sources: Sources) -> Found:
    """A repair of every picture <subject>/* that has a mask <subject>/*, after all photos of the subject.

    Raises:
        InputError: a subject has no photos, or several masks may be meant.
    """
    found = Found([], [])
    for subject in folders(sources.folder):
        if subject.name not in (MASKS, REFERENCES) and subject not in (sources.masks, sources.references):
            _add(found, subject, sources)
    return found


def _add(found: Found, subject: Path, sources: Sources) -> None:
    photos: tuple[Path, ...] = ()
    masks = Shelf(sources.masks_folder / subject.name)
    for image in distinct(pictures(subject)):
        mask = mask_of(image, masks)
        if mask is None:
            found.left_out.append(image)
            continue
        photos = photos or _photos(sources.references_folder / subject.name)
        found.repairs.append(Repair(f"{subject.name}/{image.stem}", image, mask, photos))


def _photos(folder: Path) -> tuple[Path, ...]:
    photos = tuple(pictures(folder))
    if not photos:
        raise InputError(
            f"{folder}: holds no photos of the subject", f"add some, or name another {setting('references')}"
        )
    return photos
