"""A user's picture or mask, read whole, upright and at its native depth."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError
from artifix.geometry import Box, resize
from artifix.inputs.decoding import open_image, profile_of, read_bytes, samples_of
from artifix.inputs.request import MaskSource

LEAST_SIDE_PX = 16
_LOSSY = ("JPEG", "WEBP")
_BAND_ROWS = 256
_NOISE = 8 / 255  # of a lossy mask around black and white


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of a case, turned upright by its EXIF orientation."""

    path: Path  # as the user gave it
    rgb: NDArray[np.uint8]  # (H, W, 3): what the network sees
    pixels: NDArray  # (H, W, 3), uint8 or uint16: the samples as decoded
    alpha: NDArray | None  # (H, W) of the same type as `pixels`, not premultiplied
    icc_profile: bytes | None  # of the RGB pixels
    format: str  # "PNG", "JPEG", ...
    mode: str  # of the source, in Pillow's words: "L", "P", "CMYK", ...
    sha256: str  # of the file's bytes

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]


def read_picture(path: Path, least_side_px: int = LEAST_SIDE_PX, crop: Box | None = None) -> Picture:
    """Read an image file completely.

    Args:
        path: PNG, JPEG, WebP, TIFF, BMP or GIF of one frame.
        least_side_px: a picture narrower or lower than this is refused.
        crop: the part that is meant, in pixels of the upright picture; None is all of it.

    Raises:
        InputError: the file is missing, damaged, no image, animated, too large or too small, or the crop
            lies outside.
    """
    data = read_bytes(path)
    image = open_image(data, path)
    pixels, alpha = samples_of(image, data, path)
    if crop is not None:
        pixels, alpha = _cropped(pixels, crop, path), None if alpha is None else _cropped(alpha, crop, path)
    check_least_side(pixels, path, least_side_px)
    return Picture(
        path=path,
        rgb=eight_bit(pixels),
        pixels=pixels,
        alpha=alpha,
        icc_profile=profile_of(image),
        format="JPEG" if image.format == "MPO" else str(image.format),
        mode=image.mode,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def read_mask(
    path: Path,
    size: tuple[int, int],
    *,
    source: MaskSource = "auto",
    invert: bool = False,
    fit: bool = False,
) -> NDArray[np.float32]:
    """Read a mask file for an image of `size` (height, width); see `blend_of`."""
    return blend_of(read_picture(path, least_side_px=1), size, source=source, invert=invert, fit=fit)


def blend_of(
    mask: Picture,
    size: tuple[int, int],
    *,
    source: MaskSource = "auto",
    invert: bool = False,
    fit: bool = False,
    whole: str = "image",
) -> NDArray[np.float32]:
    """How much of each pixel is repainted: white is all, black none, greys blend.

    Args:
        mask: of any depth or colour; noise around black and white of JPEG and WebP is removed.
        size: (height, width) of the image, after its own EXIF orientation [px].
        source: "luminance", "alpha", or "auto": alpha where it varies and the visible colour does not.
        invert: black is repainted instead.
        fit: resize a mask of another size.
        whole: what the mask lies over, for messages: "image" or "reference".

    Returns:
        float32 (H, W) in [0, 1], pixels of the image.

    Raises:
        InputError: sizes differ, nothing or everything is masked, or alpha and colours contradict.
    """
    if mask.size != size and not fit:
        raise _size_mismatch(mask, size, whole)
    level = _alpha_level(mask) if _uses_alpha(mask, source) else _luminance(mask.pixels)
    if mask.format in _LOSSY:
        level = np.where(level <= _NOISE, 0, np.where(level >= 1 - _NOISE, 1, level)).astype(np.float32)
    if invert:
        level = 1 - level
    blend = np.clip(resize(level, size), 0, 1)
    blend[blend < 0.5 / 255] = 0  # less than any 8-bit sample can show
    check_blend(blend, mask.path)
    return blend


def check_blend(blend: NDArray[np.float32], path: Path) -> None:
    """Raise InputError if the mask marks nothing or leaves no context; `path` names it."""
    if not blend.any():
        raise InputError(
            f"{path}: the mask is empty, nothing is marked for repainting",
            "paint the artifact white on black; if black marks it, pass --invert-mask",
        )
    brightest = 255 * float(blend.max())
    if brightest <= 8:
        raise InputError(
            f"{path}: the mask is almost black, its brightest pixel is {brightest:.0f} of 255",
            "save it with 255 (not 1) where the image is to be repainted",
        )
    if blend.all():
        raise InputError(
            f"{path}: the mask covers the whole image, no context is left around the artifact",
            "mark only the artifact; if black marks it, pass --invert-mask",
        )


def check_least_side(pixels: NDArray, path: Path, least_side_px: int = LEAST_SIDE_PX) -> None:
    """Raise InputError if (H, W, 3) `pixels` are under `least_side_px` on a side."""
    height, width = pixels.shape[:2]
    if min(height, width) < least_side_px:
        raise InputError(
            f"{path}: {width}x{height} px is too small, {least_side_px} px a side is the least",
            "use a larger picture",
        )


def eight_bit(pixels: NDArray) -> NDArray[np.uint8]:
    """uint8 or uint16 samples as uint8, rounded to the nearest."""
    if pixels.dtype == np.uint8:
        return pixels
    result = np.empty(pixels.shape, np.uint8)
    for rows in _bands(len(pixels)):
        result[rows] = (pixels[rows].astype(np.uint32) + 128) // 257
    return result


def _cropped(samples: NDArray, crop: Box, path: Path) -> NDArray:
    height, width = samples.shape[:2]
    if crop.is_empty() or crop.left < 0 or crop.top < 0 or crop.right > width or crop.bottom > height:
        told = ",".join(map(str, crop.as_tuple()))
        raise InputError(
            f"{path}: the crop {told} does not lie in the picture of {width}x{height} px",
            "give x0,y0,x1,y1 inside it, x1 and y1 excluded",
        )
    return np.ascontiguousarray(samples[crop.slices()])


def _uses_alpha(mask: Picture, source: MaskSource) -> bool:
    varies = mask.alpha is not None and bool(mask.alpha.min() < np.iinfo(mask.alpha.dtype).max)
    if source == "alpha" and not varies:
        raise InputError(
            f"{mask.path}: the mask has no transparent pixels to read", "pass --mask-from luminance"
        )
    if source != "auto" or not varies:
        return source == "alpha"
    if not _shows_one_colour(mask):
        raise InputError(
            f"{mask.path}: the mask has both transparency and a drawing, either may be meant",
            "pass --mask-from alpha or --mask-from luminance",
        )
    return True


def _shows_one_colour(mask: Picture) -> bool:
    """Whether all visible pixels have the same colour; hidden ones may hold anything."""
    visible = eight_bit(mask.pixels)[_alpha_level(mask) > 0.5]
    return visible.size == 0 or int(np.ptp(visible, axis=0).max()) <= 8


def _alpha_level(mask: Picture) -> NDArray[np.float32]:
    assert mask.alpha is not None
    return np.divide(mask.alpha, np.iinfo(mask.alpha.dtype).max, dtype=np.float32)


def _luminance(pixels: NDArray) -> NDArray[np.float32]:
    """Rec. 601 luma in [0, 1]; exact where the channels agree."""
    result = np.empty(pixels.shape[:2], np.float32)
    for rows in _bands(len(pixels)):
        level = np.divide(pixels[rows], np.iinfo(pixels.dtype).max, dtype=np.float32)
        red, green, blue = level[..., 0], level[..., 1], level[..., 2]
        result[rows] = green + np.float32(0.299) * (red - green) + np.float32(0.114) * (blue - green)
    return result


def _bands(height: int) -> Iterator[slice]:
    """Rows that are computed with at once: all of a large picture as floats would fill the memory."""
    yield from (slice(top, top + _BAND_ROWS) for top in range(0, height, _BAND_ROWS))


def _size_mismatch(mask: Picture, size: tuple[int, int], whole: str) -> InputError:
    turned = f"turn the mask as viewers show the {whole}, or " if mask.size == size[::-1] else ""
    fit = ", or pass --fit-mask to resize it" if whole == "image" else ""
    return InputError(
        f"{mask.path}: mask is {mask.size[1]}x{mask.size[0]} px but the {whole} is {size[1]}x{size[0]} px",
        f"{turned}redraw the mask on the {whole}{fit}",
    )
