"""MimicBrush: sources with a masked part, and references.

Its run_inference_benchmark.py reads X_source.png, X_source_mask.png and X_reference.png from one folder, and
so are its examples named. The same may be kept in three folders beside each other: source, source_mask (or
mask) and reference. This relies on these names; the suffix may be that of any picture.
"""

from pathlib import Path

from artifix.errors import InputError
from artifix.inputs.layouts.folders import Found, Repair, Shelf, Sources, distinct, named, pictures, required

SOURCE, MASK, REFERENCE = "_source", "_source_mask", "_reference"


def find(sources: Sources) -> Found:
    """A repair of every source that has a mask.

    Raises:
        InputError: the reference of a source is missing, or several files may be meant.
    """
    nested = sources.folder / "source"
    flat = [path for path in pictures(sources.folder) if path.stem.endswith(SOURCE)]
    if flat and nested.is_dir():
        raise InputError(
            f"{sources.folder}: holds {flat[0].name} and the folder source",
            "keep one of both, or name the folder",
        )
    images = distinct(pictures(nested) if nested.is_dir() else flat)
    masks = Shelf(sources.masks or (_nested_masks(sources.folder) if nested.is_dir() else sources.folder))
    references = Shelf(
        sources.references or (sources.folder / "reference" if nested.is_dir() else sources.folder)
    )
    found = Found([], [])
    for image in images:
        key = image.stem.removesuffix(SOURCE)
        mask = named(masks, f"{key}{MASK}", f"{key}_mask", *_bare(image, masks))
        if mask is None:
            found.left_out.append(image)
        else:
            reference = required(references, image, f"{key}{REFERENCE}", *_bare(image, references))
            found.repairs.append(Repair(key, image, mask, (reference,)))
    return found


def _bare(image: Path, shelf: Shelf) -> tuple[str, ...]:
    """The names that are enough in a folder of masks or references, but not beside the sources."""
    return () if shelf.folder == image.parent else (image.stem.removesuffix(SOURCE), image.stem)


def _nested_masks(folder: Path) -> Path:
    there = [path for path in (folder / "source_mask", folder / "mask") if path.is_dir()]
    if len(there) > 1:
        raise InputError(f"{folder}: holds the folders source_mask and mask", "keep one of them")
    return there[0] if there else folder / "source_mask"
