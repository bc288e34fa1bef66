"""Pictures of a case as the page embeds them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError
from artifix.evaluation.cases import CaseFiles
from artifix.evaluation.study.config import StudyConfig
from artifix.geometry import box_of, resize
from artifix.inputs.case import read_case
from artifix.inputs.images import read_picture
from artifix.outputs.encode import encode_png
from artifix.outputs.overlay import zoom_on

INTACT, DESTROYED, REFERENCE = "image", "destroyed", "reference"  # what is no method's
_TILES = 8  # along each side of a picture that is destroyed


@dataclass(frozen=True, slots=True)
class Embedded:
    """One picture of the page."""

    data: bytes
    kind: str  # its MIME type
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class CasePictures:
    """What may be shown of a case."""

    pictures: dict[
        str, Embedded
    ]  # by method, and by INTACT, DESTROYED and REFERENCE where they are asked for
    focus: tuple[float, float]  # (x, y) of the mask's centre, in shares of the picture


def case_pictures(
    files: CaseFiles, made: Mapping[str, Path], others: frozenset[str], wanted: StudyConfig
) -> CasePictures:
    """Read, cut and encode the pictures of one case.

    Args:
        files: of the case.
        made: what methods made of it.
        others: which of INTACT, DESTROYED and REFERENCE are needed too.
        wanted: how they are cut and encoded.

    Raises:
        InputError: a picture cannot be used, or a method's is not of the image's size.
    """
    case = read_case(files.image, files.mask, files.reference)
    mask = case.mask
    part = np.s_[:, :] if wanted.crop is None else zoom_on(mask, wanted.crop).slices()
    pixels = {name: _of_size(name, path, mask.shape)[part] for name, path in made.items()}
    intact = case.image.rgb[part]
    if INTACT in others:
        pixels[INTACT] = intact
    if DESTROYED in others:
        pixels[DESTROYED] = destroyed(intact, np.random.default_rng(wanted.seed))
    if REFERENCE in others:
        pixels[REFERENCE] = case.reference.rgb
    box = box_of(mask[part])
    height, width = intact.shape[:2]
    focus = (box.left + box.right) / 2 / width, (box.top + box.bottom) / 2 / height
    return CasePictures({name: _encoded(picture, wanted) for name, picture in pixels.items()}, focus)


def _of_size(method: str, path: Path, size: tuple[int, ...]) -> NDArray[np.uint8]:
    picture = read_picture(path, least_side_px=1)
    if picture.size != size:
        (height, width), (high, wide) = picture.size, size
        raise InputError(
            f"method {method}: {path}: is {width}x{height} px but the image is {wide}x{high} px",
            "write the pictures of all methods at the size of the image",
        )
    return picture.rgb


def destroyed(picture: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """The picture cut into tiles that changed their places, half of them as negatives.

    Args:
        picture: (H, W, 3).
        random: draws where to.
    """
    height, width = (side // _TILES for side in picture.shape[:2])
    if min(height, width) == 0:
        return 255 - picture
    whole = picture[: height * _TILES, : width * _TILES]
    tiles = (
        whole.reshape(_TILES, height, _TILES, width, 3).transpose(0, 2, 1, 3, 4).reshape(-1, height, width, 3)
    )
    moved = tiles[random.permutation(len(tiles))]
    moved[::2] = 255 - moved[::2]
    rows = moved.reshape(_TILES, _TILES, height, width, 3).transpose(0, 2, 1, 3, 4).reshape(whole.shape)
    return resize(rows, (picture.shape[0], picture.shape[1]))


def _encoded(picture: NDArray[np.uint8], wanted: StudyConfig) -> Embedded:
    height, width = picture.shape[:2]
    scale = min(wanted.side / max(height, width), 1.0)
    size = max(round(height * scale), 1), max(round(width * scale), 1)
    small = resize(picture, size)
    if wanted.coding == "png":
        return Embedded(encode_png(small), "image/png", size[1], size[0])
    # Colours at full resolution: a study of fine repairs must not judge what JPEG made of them.
    settings = [cv2.IMWRITE_JPEG_QUALITY, wanted.quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    settings += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    written, data = cv2.imencode(".jpg", np.ascontiguousarray(small[..., ::-1]), settings)
    assert written
    return Embedded(data.tobytes(), "image/jpeg", size[1], size[0])
