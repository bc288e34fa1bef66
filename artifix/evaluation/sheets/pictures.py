"""The pictures of a row, read."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError
from artifix.evaluation.cases import read_known_case
from artifix.evaluation.sheets.places import MAP, MASK, REGION, Places
from artifix.geometry import Box, resize
from artifix.inputs.file_bytes import read_bytes
from artifix.inputs.images import Picture, read_picture
from artifix.inputs.marking import marked_by
from artifix.inputs.request import IMAGE_ALPHA, MaskSource
from artifix.inputs.softness import levels_of
from artifix.outputs.srgb import in_srgb

MOST_STRETCHED = 1.02  # of a method's picture against the image, in its proportions


@dataclass(frozen=True, slots=True, eq=False)
class RowPictures:
    """What is there of one row; all in the frame of the image has its size, all of the reference its own."""

    pictures: Mapping[str, NDArray[np.uint8]]  # RGB (H, W, 3) in sRGB: image, reference, ours, truth, methods
    mask: NDArray[np.bool_] | None = None  # (H, W)
    region: NDArray[np.bool_] | None = None  # (H_ref, W_ref)
    correspondence: NDArray[np.float32] | None = None  # (H_ref, W_ref) in [0, 1]


def read_pictures(places: Places) -> RowPictures:
    """Read the files of a row.

    Raises:
        InputError: a file cannot be used, or they do not fit each other.
    """
    row, files = places.row, places.files
    image = _input(places, "image") if "image" in files else None
    reference = _input(places, "reference") if "reference" in files else None
    pictures = {name: _shown(one) for name, one in (("image", image), ("reference", reference)) if one}
    if image is not None:
        for name, path in files.items():
            if name not in ("image", MASK, "reference", REGION, MAP):
                pictures[name] = fitted(read_picture(path, least_side_px=1), image.size)
    mask = None
    if image is not None and MASK in files:
        mask = _mask_of_run(places, image) if row.is_run else _known(places).case.mask
    region = correspondence = None
    if reference is not None:
        region = _region(places, reference.size) if REGION in files else None
        correspondence = _map(files[MAP], reference.size) if MAP in files else None
    return RowPictures(pictures, mask, region, correspondence)


def fitted(picture: Picture, size: tuple[int, int]) -> NDArray[np.uint8]:
    """What a method made, at the (height, width) of the image: many work at a size of their own.

    Raises:
        InputError: it has other proportions, so that it shows something else.
    """
    height, width = picture.size
    stretched = (width / height) / (size[1] / size[0])
    if not 1 / MOST_STRETCHED <= stretched <= MOST_STRETCHED:
        raise InputError(
            f"{picture.path}: is {width}x{height} px but the image is {size[1]}x{size[0]} px",
            "give a picture of the whole image, of any size",
        )
    shown = _shown(picture)
    return shown if picture.size == size else resize(shown, size)


def _input(places: Places, kind: str) -> Picture:
    """A file that the run was made of; its part that was meant, if that was not all."""
    told = places.row.record["inputs"][kind] if places.row.is_run else {}
    return read_picture(places.files[kind], least_side_px=1, crop=_crop(told, places))


def _crop(told: Mapping[str, Any], places: Places) -> Box | None:
    sides = told.get("crop")
    if sides is None:
        return None
    if not isinstance(sides, list) or len(sides) != 4 or not all(isinstance(side, int) for side in sides):
        raise InputError(f"{places.row.folder}: its record tells of a crop {sides}", "run the case again")
    return Box(*sides)


def _known(places: Places) -> Any:
    assert places.case is not None
    return read_known_case(places.case)


def _shown(picture: Picture) -> NDArray[np.uint8]:
    """In sRGB; what is transparent on white, which is the paper."""
    rgb = in_srgb(picture.rgb, picture.icc_profile)
    if picture.alpha is None:
        return rgb
    share = picture.alpha[..., None].astype(np.float32) / np.iinfo(picture.alpha.dtype).max
    return np.round(255 + (rgb.astype(np.float32) - 255) * share).astype(np.uint8)


def _mask_of_run(places: Places, image: Picture) -> NDArray[np.bool_]:
    """(H, W) of what was masked.

    A record does not tell how the file was read, but how many pixels were repaired: by that it is found out.

    Raises:
        InputError: no way of reading it gives so many.
    """
    record = places.row.record
    inputs = record["inputs"]
    is_alpha = inputs["mask"]["sha256"] == inputs["image"]["sha256"]
    picture = image if is_alpha else _input(places, MASK)
    threshold = float(record["settings"]["alignment"]["mask_threshold"])
    repaired = sum(int(group["mask_pixels"]) for group in record["groups"])
    most = repaired + int(record.get("filled_px", 0))
    refused: InputError | None = None
    for source, invert in _readings(is_alpha):
        try:
            blend = marked_by(picture, image.size, source=source, invert=invert, fit=True).blend
        except InputError as error:
            refused = refused or error
            continue
        mask = blend >= levels_of(blend, threshold)
        if repaired <= int(mask.sum()) <= most:
            return np.asarray(mask)
    raise InputError(
        f"{picture.path}: marks another part than the {repaired} px that {places.row.folder} tells of",
        "run the case again",
    ) from refused


def _readings(is_alpha: bool) -> Iterator[tuple[MaskSource, bool]]:
    sources = [IMAGE_ALPHA] if is_alpha else [one for one in get_args(MaskSource) if one != IMAGE_ALPHA]
    return ((source, invert) for source in sources for invert in (False, True))


def _region(places: Places, size: tuple[int, int]) -> NDArray[np.bool_]:
    if not places.row.is_run:
        region: NDArray[np.bool_] = _known(places).region
        return region
    picture = read_picture(places.files[REGION], least_side_px=1)
    if picture.size != size:
        raise _other_size(places.files[REGION], picture.size, size)
    return np.asarray(picture.rgb[..., 0] > 127)


def _map(path: Path, size: tuple[int, int]) -> NDArray[np.float32]:
    try:
        array = np.load(io.BytesIO(read_bytes(path)), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise InputError(f"{path}: is no .npy file ({error})", "locate the case again") from error
    if not isinstance(array, np.ndarray) or array.ndim != 2 or array.dtype != np.float32:
        raise InputError(f"{path}: is no float32 map", "locate the case again")
    if array.shape != size:
        raise _other_size(path, array.shape, size)
    return array


def _other_size(path: Path, found: tuple[int, ...], size: tuple[int, int]) -> InputError:
    return InputError(
        f"{path}: is {found[1]}x{found[0]} px but the reference is {size[1]}x{size[0]} px",
        "locate the case again",
    )
