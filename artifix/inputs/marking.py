"""What a mask file marks: how much of each pixel is to be repainted."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError
from artifix.geometry import resize
from artifix.inputs.images import Picture
from artifix.inputs.paint import NOISE, PAINT_WHITE, level_of
from artifix.inputs.request import IMAGE_ALPHA, MaskSource
from artifix.setting_names import setting

LOSSY_NOISE = 24 / 255  # what compression leaves beside an edge
SPREADS, MOST_NOISE = 3, 0.25  # what nine in ten of the border's dark pixels spread, so many times; at most
NOISE_TOLD = 0.01  # share of the border from which on noise in the black is told
# Beyond these shares of the picture, or of it and of its border, the wrong side is marked.
MOST_MARKED, MOST_MARKED_AT_BORDER, MOST_OF_BORDER = 0.7, 0.5, 0.6
STRETCHED = 1.02  # of width over height, mask to image, from which on a fitted mask may mean another part
OUTLINE = 3  # what a mask encloses, over what it marks, from which on it may be meant as an outline
_LOSSY = ("JPEG", "WEBP", "AVIF", "HEIF")


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
        source: what of the file is read; see `inputs.paint.level_of`.
        invert: black is repainted instead.
        fit: resize a mask of another size.
        whole: what the mask lies over, for messages: "image" or "reference".

    Raises:
        InputError: sizes differ, nothing is masked or nearly everything, alpha and colours contradict, or
            the file shows a picture.
    """
    if mask.size != size and not fit:
        raise _size_mismatch(mask, size, whole)
    level, notes = level_of(mask, source, invert)
    check_brightness(level, mask.path, np.iinfo(mask.pixels.dtype).max)
    level, said = without_noise(level, mask.path, mask.format in _LOSSY)
    notes += said
    if source == IMAGE_ALPHA:
        level, said = _without_surroundings(level, mask.path)
        notes += said
    notes += _stretched(mask, size, whole)
    blend = level if mask.size == size else resize(level, size)
    np.clip(blend, 0, 1, out=blend)
    blend[blend < 0.5 / 255] = 0  # less than any 8-bit sample can show
    check_blend(blend, mask.path, invert, whole)
    return Marked(blend, notes + outlined(blend, mask.path))


def check_brightness(level: NDArray[np.float32], path: Path, top: float = 255) -> None:
    """Raise InputError if a mask is nearly black everywhere and yet not black.

    Args:
        level: (H, W) in [0, 1].
        path: names the mask.
        top: the value of white in it.
    """
    brightest = float(level.max(initial=0))
    if 0 < brightest <= NOISE:
        raise InputError(
            f"{path}: the mask is almost black, its brightest pixel is {brightest * top:.3g} of {top:g}",
            f"save it with {top:g} (not {brightest * top:.3g}) where the image is to be repainted",
        )


def without_noise(
    level: NDArray[np.float32], path: Path, is_lossy: bool = False
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """(H, W) `level` without what is nearly black, as nobody painted it, and what to say of that.

    How dark that is, the border tells, which masks seldom reach: canvases of scans and of video are grey.
    """
    floor, border = _floor(level, LOSSY_NOISE if is_lossy else NOISE), border_of(level)
    clean = np.where(level <= floor, 0, level)
    if is_lossy:
        clean = np.where(clean >= 1 - NOISE, 1, clean)
    clean = clean.astype(np.float32)
    told = not is_lossy or floor > LOSSY_NOISE + 1 / 255  # of what compression leaves nobody need hear
    if not told or ((border > 0) & (border <= floor)).mean() <= NOISE_TOLD:
        return clean, ()
    return clean, (f"{path.name}: noise in its black, of {255 * floor:.0f} of 255 at most, is left out",)


def _floor(level: NDArray[np.float32], usual: float) -> float:
    """How light the black of a mask is, at most, in [usual, MOST_NOISE]."""
    border = border_of(level)
    dark = border[border <= MOST_NOISE]
    if len(dark) < len(border) / 2:
        return usual
    middle, high = np.quantile(dark, (0.5, 0.9))
    return float(np.clip(middle + SPREADS * (high - middle), usual, MOST_NOISE)) + 1e-6  # of rounding


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
    other = f"drop {setting('invert_mask')}" if is_inverted else f"pass {setting('invert_mask', True)}"
    if not blend.any():
        raise InputError(
            f"{path}: the mask is empty, nothing is marked for repainting",
            f"{PAINT_WHITE}; if black marks it, {other}",
        )
    marked = blend >= blend.max() / 2
    share, at_border = float(marked.mean()), float(border_of(marked).mean())
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


def outlined(blend: NDArray[np.float32], path: Path) -> tuple[str, ...]:
    """What to say of a mask that only draws around what may be meant; nothing of another."""
    marked = (blend >= blend.max() / 2).astype(np.uint8)
    contours, _ = cv2.findContours(marked, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    filled = cv2.drawContours(np.zeros_like(marked), contours, -1, 1, cv2.FILLED)
    own, enclosed = int(marked.sum()), int(((filled > 0) & (marked == 0)).sum())
    if enclosed <= OUTLINE * own:
        return ()
    return (f"{path.name}: is an outline, and only its line is repainted: fill it if the inside is meant",)


def border_of(plane: NDArray) -> NDArray:
    """The samples along the four sides of (H, W) `plane`."""
    return np.concatenate([plane[0], plane[-1], plane[:, 0], plane[:, -1]])


def _without_surroundings(
    level: NDArray[np.float32], path: Path
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Of a cut-out's transparency only the holes: what lies around the object was not erased from it."""
    if (border_of(level) > 0).mean() <= MOST_OF_BORDER:
        return level, ()
    _, labels = cv2.connectedComponents((level > 0).astype(np.uint8))
    holes = np.where(np.isin(labels, np.unique(border_of(labels))), 0, level).astype(np.float32)
    if not holes.any():
        raise InputError(
            f"{path}: its transparency lies around a cut-out, no hole in it marks an artifact",
            f"pass {setting('mask', 'FILE')}",
        )
    return holes, (f"{path.name}: is a cut-out, and only the holes in it are repainted",)


def _stretched(mask: Picture, size: tuple[int, int], whole: str) -> tuple[str, ...]:
    """What to say of a mask that is fitted to other proportions; nothing of another."""
    (height, width), (high, wide) = mask.size, size
    share = width * high / (height * wide)
    if max(share, 1 / share) <= STRETCHED:
        return ()
    return (
        f"{mask.path.name}: of {width}x{height} px is stretched to the {wide}x{high} px of the {whole}, "
        "as it has other proportions: see that it marks the same",
    )


def _size_mismatch(mask: Picture, size: tuple[int, int], whole: str) -> InputError:
    turned = f"turn the mask as viewers show the {whole}, or " if mask.size == size[::-1] else ""
    fit = f", or pass {setting('fit_mask', True)} to resize it" if whole == "image" else ""
    return InputError(
        f"{mask.path}: mask is {mask.size[1]}x{mask.size[0]} px but the {whole} is {size[1]}x{size[0]} px",
        f"{turned}redraw the mask on the {whole}{fit}",
    )
