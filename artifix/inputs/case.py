"""A case: the image, what to repaint in it, and the reference."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from artifix.config import AlignmentConfig
from artifix.errors import InputError
from artifix.geometry import Box
from artifix.inputs.hint import Hint
from artifix.inputs.images import (
    Picture,
    check_least_side,
    eight_bit,
    read_picture,
)
from artifix.inputs.marking import check_blend, check_brightness, marked_by, without_noise
from artifix.inputs.request import AS_IT_IS, IMAGE_ALPHA, MaskReading, MaskSource
from artifix.inputs.samples import profile_of, samples_of
from artifix.inputs.softness import levels_of
from artifix.spelling import setting

MASK_THRESHOLD = AlignmentConfig().mask_threshold


@dataclass(frozen=True, eq=False)
class Case:
    """What one repair starts from. The mask has the image's size; the reference has its own."""

    image: Picture
    blend: NDArray[np.float32]  # (H, W) in [0, 1]: share of each image pixel to repaint
    reference: Picture
    mask_sha256: str = ""  # of the mask file's bytes, or of the array
    paths: tuple[Path, ...] = ()  # the files read; none for a case made of arrays
    hint: Hint = field(default_factory=Hint)  # what a person says of the match
    crops: Mapping[str, Box] = field(default_factory=dict)  # of "image", ...: the part meant
    threshold: float = MASK_THRESHOLD  # share of its part's lightest pixel that marks the artifact
    notes: tuple[str, ...] = ()  # what is odd about the files, for a person

    @cached_property
    def levels(self) -> NDArray[np.float32]:
        """(H, W): from which share on a pixel is taken for the artifact."""
        return levels_of(self.blend, self.threshold)

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        """(H, W) True on the artifact. Around it `blend` may be soft."""
        return self.blend >= self.levels

    @cached_property
    def spoiled(self) -> NDArray[np.bool_]:
        """(H, W) True where the artifact may show: in its part's tail too, where that is half as light."""
        is_hard = not any(self.levels.strides)
        return self.mask if is_hard else self.blend > self.levels / 2

    def cut_at(self, threshold: float) -> "Case":
        """The same case with another threshold, in (0, 1]."""
        return self if threshold == self.threshold else replace(self, threshold=threshold)

    @property
    def digests(self) -> dict[str, str]:
        """sha256 of each input, by the input's name."""
        return {"image": self.image.sha256, "mask": self.mask_sha256, "reference": self.reference.sha256}


def read_case(
    image_path: Path,
    mask_path: Path,
    reference_path: Path,
    *,
    fit_mask: bool = False,
    invert_mask: bool = False,
    mask_from: MaskSource = "auto",
    crops: Mapping[str, Box] | None = None,
) -> Case:
    """Read and check the three files of a case.

    Args:
        image_path: the image with the artifact.
        mask_path: white where the image is to be repainted; see `inputs.marking.marked_by`. The image
            itself where `mask_from` is "image-alpha".
        reference_path: a photo of the same object, of any size.
        fit_mask: resize a mask of another size than the image.
        invert_mask: black is repainted instead of white.
        mask_from: "luminance", "alpha", "image-alpha", or "auto" to tell by the file.
        crops: the part of a file that is meant, in its pixels, by "image", "mask" and "reference"; a missing
            one means all of it.

    Raises:
        InputError: a file cannot be used, or the three do not fit each other.
    """
    crops = crops or {}
    image = read_picture(image_path, crop=crops.get("image"))
    mask = image
    if mask_from != IMAGE_ALPHA:
        mask = read_picture(mask_path, least_side_px=1, crop=crops.get("mask"))
        _check_other(mask, image, mask_from, crops)
    marked = marked_by(mask, image.size, source=mask_from, invert=invert_mask, fit=fit_mask)
    reference = _reference(image, reference_path, crops)
    paths = (image_path, mask.path, reference_path)
    return Case(image, marked.blend, reference, mask.sha256, paths, crops=crops, notes=marked.notes)


def with_reference(case: Case, reference_path: Path, crop: Box | None = None) -> Case:
    """The same image and mask with another reference, and no hint.

    Raises:
        InputError: the reference cannot be used.
    """
    crops = {name: box for name, box in {**case.crops, "reference": crop}.items() if box is not None}
    reference = _reference(case.image, reference_path, crops)
    return replace(case, reference=reference, paths=(*case.paths[:2], reference_path), hint=Hint())


def _check_other(mask: Picture, image: Picture, source: MaskSource, crops: Mapping[str, Box]) -> None:
    """Raise InputError if the mask is the image, and nothing says that this is meant."""
    if source == "auto" and mask.sha256 == image.sha256 and crops.get("mask") == crops.get("image"):
        raise InputError(
            f"{mask.path}: the mask is the image itself",
            "give a mask, white on the artifact; if the artifact was erased from the image, "
            f"pass {setting('mask_from', 'image-alpha')} instead",
        )


def _reference(image: Picture, path: Path, crops: Mapping[str, Box]) -> Picture:
    """The reference at `path`, checked."""
    reference = read_picture(path, crop=crops.get("reference"))
    _check_reference(reference, image)
    return reference


def _check_reference(reference: Picture, image: Picture) -> None:
    """Raise InputError if the reference shows nothing, or the very same as the image, artifact included."""
    if reference.alpha is not None and not reference.alpha.any():
        raise InputError(
            f"{reference.path}: the reference is transparent everywhere, nothing of it is seen",
            "save it without transparency, or give another photo",
        )
    if reference.size == image.size and np.array_equal(reference.pixels, image.pixels):
        raise InputError(
            f"{reference.path}: the reference is the same picture as the image {image.path}, "
            "artifact included",
            "give another photo of the object, which shows it without the artifact",
        )


def case_from_arrays(
    image: NDArray | Image.Image,
    mask: NDArray | Image.Image | None,
    reference: NDArray | Image.Image,
    reading: MaskReading = AS_IT_IS,
) -> Case:
    """A case from pictures in memory.

    Args:
        image: RGB (H, W, 3), RGBA (H, W, 4) or grey (H, W) of uint8 or uint16, or a PIL image.
        mask: (H, W) bool, float in [0, 1], or uint8/uint16 with full scale as "repaint"; or a PIL image. None
            is where the image itself is transparent.
        reference: as `image`, of any size.
        reading: of the mask; one that is an array is never resized, and has no alpha.

    Raises:
        InputError: a shape, type or range is none of these, or the mask does not fit the image.
    """
    picture = _picture_of(image, "image")
    check_least_side(picture.pixels, picture.path)
    blend, digest = _blend_of_array(mask, picture, reading)
    reference_picture = _picture_of(reference, "reference")
    check_least_side(reference_picture.pixels, reference_picture.path)
    _check_reference(reference_picture, picture)
    return Case(picture, blend, reference_picture, digest)


def _picture_of(source: NDArray | Image.Image, name: str) -> Picture:
    path = Path(name)
    if isinstance(source, Image.Image):
        pixels, alpha = samples_of(source, None, path)
        mode, profile = source.mode, profile_of(source)
    else:
        pixels, alpha = _split_array(source, name)
        mode, profile = "RGB" if alpha is None else "RGBA", None
    digest = hashlib.sha256(pixels.tobytes() + (b"" if alpha is None else alpha.tobytes())).hexdigest()
    return Picture(path, eight_bit(pixels), pixels, alpha, profile, "array", mode, digest)


def _split_array(array: NDArray, name: str) -> tuple[NDArray, NDArray | None]:
    if not isinstance(array, np.ndarray):
        raise InputError(
            f"{name}: is a {type(array).__name__}, not a numpy array or PIL image",
            "to work from files, use read_case",
        )
    if array.dtype not in (np.uint8, np.uint16):
        raise InputError(
            f"{name}: samples are {array.dtype}, not uint8 or uint16",
            "from [0, 1]: (image * 255).round().astype(numpy.uint8)",
        )
    if array.ndim == 2:
        return np.repeat(array[..., None], 3, axis=2), None
    if array.ndim != 3 or array.shape[2] not in (3, 4) or array.size == 0:
        raise InputError(
            f"{name}: shape is {array.shape}, not (height, width, 3)", "give RGB with the channels last"
        )
    # Copies, so that a caller who draws on their array later does not change the case.
    return array[..., :3].copy(), array[..., 3].copy() if array.shape[2] == 4 else None


def _blend_of_array(
    mask: NDArray | Image.Image | None, image: Picture, reading: MaskReading
) -> tuple[NDArray[np.float32], str]:
    size = image.size
    if mask is None:
        return marked_by(image, size, source=IMAGE_ALPHA, invert=reading.invert_mask).blend, image.sha256
    if isinstance(mask, Image.Image):
        picture = _picture_of(mask, "mask")
        source, invert, fit = reading.mask_from, reading.invert_mask, reading.fit_mask
        return marked_by(picture, size, source=source, invert=invert, fit=fit).blend, picture.sha256
    if not isinstance(mask, np.ndarray):
        raise InputError(
            f"mask: is a {type(mask).__name__}, not a numpy array or PIL image",
            "to work from files, use read_case",
        )
    plane = mask[..., 0] if mask.ndim == 3 and mask.shape[2] == 1 else mask
    if plane.shape != size:
        raise InputError(
            f"mask: shape is {mask.shape} but the image is {size[0]} high and {size[1]} wide",
            "give one value a pixel: (height, width)",
        )
    blend = np.ascontiguousarray(plane, np.float32) / _full_scale(plane)
    if not (np.isfinite(blend).all() and blend.min() >= 0 and blend.max() <= 1):
        raise InputError(
            f"mask: values from {blend.min():g} to {blend.max():g} are outside [0, 1]",
            "scale floats to [0, 1], or give bool",
        )
    blend = 1 - blend if reading.invert_mask else blend
    check_brightness(blend, Path("mask"), _full_scale(plane))
    blend, _ = without_noise(blend, Path("mask"))
    check_blend(blend, Path("mask"), reading.invert_mask)
    return blend, hashlib.sha256(plane.tobytes()).hexdigest()


def _full_scale(mask: NDArray) -> float:
    if mask.dtype == bool or np.issubdtype(mask.dtype, np.floating):
        return 1.0
    if mask.dtype in (np.uint8, np.uint16):
        return float(np.iinfo(mask.dtype).max)
    raise InputError(
        f"mask: values are {mask.dtype}, not bool, float, uint8 or uint16", "for labels: mask == label"
    )
