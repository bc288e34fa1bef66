"""A case from pictures in memory."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from artifix.errors import InputError
from artifix.inputs.case import Case, check_reference
from artifix.inputs.images import Picture, check_least_side, eight_bit
from artifix.inputs.marking import check_blend, check_brightness, marked_by, without_noise
from artifix.inputs.request import AS_IT_IS, IMAGE_ALPHA, MaskReading
from artifix.inputs.samples import profile_of, samples_of


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
    check_reference(reference_picture, picture)
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
