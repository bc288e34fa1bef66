"""What a mask file marks: how much of each pixel is to be repainted."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError
from artifix.geometry import resize
from artifix.inputs.images import Picture, bands, eight_bit
from artifix.inputs.request import IMAGE_ALPHA, MaskSource

NOISE = 8 / 255  # around black, and around white in lossy files: nobody painted it
NOISE_TOLD = 0.001  # share of the picture from which on noise in the black is told
CHROMA = 40  # of 255 between channels: paint of a colour
COLOURED = 0.1  # share of what is marked that makes it so
LEAST_BLACK = 0.3  # of a mask in colour; in a photograph there is less
# Beyond these shares of the picture, or of it and of its border, the wrong side is marked.
MOST_MARKED, MOST_MARKED_AT_BORDER, MOST_OF_BORDER = 0.85, 0.5, 0.8
_LOSSY = ("JPEG", "WEBP", "AVIF", "HEIF")
_PAINT_WHITE = "paint the artifact white on black"


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """What a mask marks."""

    blend: NDArray[np.float32]  # (H, W) in [0, 1]: share of each pixel to repaint
    notes: tuple[str, ...] = ()  # what is odd about the file, for a person


def marked_by(
    mask: Picture,
    size: tuple[int, int],
    *,
    source: MaskSource = "auto",
    invert: bool = False,
    fit: bool = False,
    whole: str = "image",
) -> Marked:
    """How much of each pixel is repainted: white is all, black none, greys blend; any paint is white.

    Args:
        mask: of any depth; noise around black is left out.
        size: (height, width) of the image, after its own EXIF orientation [px].
        source: "luminance", "alpha", "image-alpha" (where the picture is transparent it is repainted), or
            "auto": alpha where it varies and the visible colour does not.
        invert: black is repainted instead.
        fit: resize a mask of another size.
        whole: what the mask lies over, for messages: "image" or "reference".

    Raises:
        InputError: sizes differ, nothing is masked or nearly everything, alpha and colours contradict, or
            the file shows a picture.
    """
    if mask.size != size and not fit:
        raise _size_mismatch(mask, size, whole)
    level, notes = _level(mask, source)
    if source == IMAGE_ALPHA:
        level = 1 - level
    check_brightness(level, mask.path)
    level, noisy = _without_noise(level, mask.format in _LOSSY)
    if invert:
        level = 1 - level
    if noisy > NOISE_TOLD:
        notes += (f"{mask.path.name}: noise in its black, of {255 * NOISE:.0f} of 255 at most, is left out",)
    blend = np.clip(resize(level, size), 0, 1)
    blend[blend < 0.5 / 255] = 0  # less than any 8-bit sample can show
    check_blend(blend, mask.path, invert, whole)
    return Marked(blend, notes)


def check_brightness(level: NDArray[np.float32], path: Path) -> None:
    """Raise InputError if (H, W) `level` in [0, 1] is not black and yet marks nothing; `path` names it."""
    brightest = 255 * float(level.max(initial=0))
    if 0 < brightest <= 255 * NOISE:
        raise InputError(
            f"{path}: the mask is almost black, its brightest pixel is {brightest:.0f} of 255",
            "save it with 255 (not 1) where the image is to be repainted",
        )


def check_blend(
    blend: NDArray[np.float32], path: Path, is_inverted: bool = False, whole: str = "image"
) -> None:
    """Raise InputError if (H, W) `blend` marks nothing, or what is surely the wrong side.

    Args:
        blend: in [0, 1].
        path: names the mask.
        is_inverted: --invert-mask was given.
        whole: what it lies over.
    """
    other = "drop --invert-mask" if is_inverted else "pass --invert-mask"
    if not blend.any():
        raise InputError(
            f"{path}: the mask is empty, nothing is marked for repainting",
            f"{_PAINT_WHITE}; if black marks it, {other}",
        )
    marked = blend >= blend.max() / 2
    border = np.concatenate([marked[0], marked[-1], marked[:, 0], marked[:, -1]])
    share, at_border = float(marked.mean()), float(border.mean())
    if marked.all():
        what = f"covers the whole {whole}, no context is left around the artifact"
    elif whole == "image" and (
        share > MOST_MARKED or (share > MOST_MARKED_AT_BORDER and at_border > MOST_OF_BORDER)
    ):
        what = (
            f"covers {share:.0%} of the {whole} and {at_border:.0%} of its border: the wrong side is marked"
        )
    else:
        return
    raise InputError(f"{path}: the mask {what}", f"mark only the artifact; if black marks it, {other}")


def _level(mask: Picture, source: MaskSource) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    if _uses_alpha(mask, source):
        return _alpha_level(mask), ()
    coloured = _coloured(mask) if source == "auto" else None
    if coloured is None:
        return _luminance(mask.pixels), ()
    value = np.divide(mask.pixels.max(2), np.iinfo(mask.pixels.dtype).max, dtype=np.float32)
    black = float((value <= NOISE).mean())
    if black < LEAST_BLACK:
        raise InputError(
            f"{mask.path}: is in colour and only {black:.0%} of it is black: it shows a picture",
            f"{_PAINT_WHITE}, or save the paint alone on black or on transparency",
        )
    paint = ",".join(map(str, coloured))
    return value, (f"{mask.path.name}: is painted in colour ({paint}), which counts as white",)


def _coloured(mask: Picture) -> tuple[int, ...] | None:
    """The colour (R, G, B) that most of the paint has; None where the mask is grey."""
    pixels = eight_bit(mask.pixels)
    low, high = pixels.min(2), pixels.max(2)
    marked, paint = high > 255 * NOISE, high - low > CHROMA
    if paint.sum() <= COLOURED * max(int(marked.sum()), 1):
        return None
    return tuple(np.median(pixels[paint], axis=0).astype(int).tolist())


def _without_noise(level: NDArray[np.float32], is_lossy: bool) -> tuple[NDArray[np.float32], float]:
    """(H, W) without what is nearly black, and the share of pixels that this changes in a lossless file."""
    noise = (level > 0) & (level <= NOISE)
    clean = np.where(noise, 0, level)
    if is_lossy:
        return np.where(clean >= 1 - NOISE, 1, clean).astype(np.float32), 0.0
    return clean.astype(np.float32), float(noise.mean())


def _uses_alpha(mask: Picture, source: MaskSource) -> bool:
    varies = mask.alpha is not None and bool(mask.alpha.min() < np.iinfo(mask.alpha.dtype).max)
    if source == IMAGE_ALPHA and not varies:
        raise InputError(f"{mask.path}: the image has no transparent pixels to repaint", "pass --mask FILE")
    if source == "alpha" and not varies:
        raise InputError(
            f"{mask.path}: the mask has no transparent pixels to read", "pass --mask-from luminance"
        )
    if source != "auto" or not varies:
        return source in ("alpha", IMAGE_ALPHA)
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
    for rows in bands(len(pixels)):
        level = np.divide(pixels[rows], np.iinfo(pixels.dtype).max, dtype=np.float32)
        red, green, blue = level[..., 0], level[..., 1], level[..., 2]
        result[rows] = green + np.float32(0.299) * (red - green) + np.float32(0.114) * (blue - green)
    return result


def _size_mismatch(mask: Picture, size: tuple[int, int], whole: str) -> InputError:
    turned = f"turn the mask as viewers show the {whole}, or " if mask.size == size[::-1] else ""
    fit = ", or pass --fit-mask to resize it" if whole == "image" else ""
    return InputError(
        f"{mask.path}: mask is {mask.size[1]}x{mask.size[0]} px but the {whole} is {size[1]}x{size[0]} px",
        f"{turned}redraw the mask on the {whole}{fit}",
    )
