"""How much of a mask's pixels is painted: by alpha, by luminance, or by paint of any colour."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError
from artifix.inputs.images import Picture, bands, eight_bit
from artifix.inputs.request import IMAGE_ALPHA, MaskSource
from artifix.setting_names import setting

NOISE = 8 / 255  # of black: nobody painted it
PAINT_WHITE = "paint the artifact white on black"
CHROMA = 40  # of 255 between channels: paint of a colour
COLOURED, LEAST_COLOURED = 0.1, 0.001  # share of what is marked that makes it so, or of the picture
LEAST_BLACK = 0.3  # of a mask; in a photograph there is less
FLAT = 0.02  # share of the paint from which on one exact colour is a label, however dark
DARK = 48  # of 255, below which hues are only noise
MOST_DARK = 0.02  # share of paint on transparency
GREY, MOST_GREY = (0.25, 0.9), 0.5  # share of greys from which on a picture with little black is no mask
SAMPLE = 500_000  # pixels that tell hues well enough
# A drawing has few hues, and greys only where white meets black.
HUE_STEPS, MOST_HUES, LEAST_OF_HUES, MOST_GREY_PAINT = 15, 12, 0.85, 0.3


def level_of(mask: Picture, source: MaskSource, invert: bool) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """How much of each pixel is painted, and what is odd about that.

    Args:
        mask: of any depth.
        source: "luminance", "alpha", "image-alpha" (where the picture is transparent it is painted), or
            "auto": alpha where it varies and the visible colour does not, or else the paint.
        invert: what is not painted counts instead.

    Returns:
        (H, W) float32 in [0, 1], and sentences for a person.

    Raises:
        InputError: alpha and colours contradict, or the file shows a picture.
    """
    if _uses_alpha(mask, source):
        level = _alpha_level(mask)
        return (1 - level if invert != (source == IMAGE_ALPHA) else level), ()
    pixels = ~mask.pixels if invert else mask.pixels  # white becomes black, and paint on white paint on black
    if source != "auto":
        return _luminance(pixels), ()
    shades = _Shades.of(pixels)
    if shades.is_coloured():
        return _paint(mask, pixels, shades, invert)
    level = _luminance(pixels) if shades.has_hues else _alike(pixels)
    _check_grey(mask, level)
    return level, ()


@dataclass(frozen=True, slots=True, eq=False)
class _Shades:
    """The pixels of a picture with 8 bits, and the extremes of their channels."""

    small: NDArray[np.uint8]  # (H, W, 3)
    low: NDArray[np.uint8]  # (H, W)
    high: NDArray[np.uint8]  # (H, W)
    has_hues: bool  # the channels differ somewhere

    @classmethod
    def of(cls, pixels: NDArray) -> "_Shades":
        small = eight_bit(pixels)
        red, green, blue = (small[..., i] for i in range(3))
        low, high = (pick(pick(red, green), blue) for pick in (np.minimum, np.maximum))
        return cls(small, low, high, not all(np.array_equal(pixels[..., i], pixels[..., 0]) for i in (1, 2)))

    @property
    def marked(self) -> NDArray[np.bool_]:
        """(H, W) True where it is not black."""
        return self.high > 255 * NOISE

    @property
    def chromatic(self) -> NDArray[np.bool_]:
        """(H, W) True on paint that is of a colour."""
        return self.high - self.low > CHROMA

    def is_coloured(self) -> bool:
        """Whether what is not black has a colour."""
        if not self.has_hues:
            return False
        paint, marked = int(self.chromatic.sum()), int(self.marked.sum())
        return paint > min(COLOURED * max(marked, 1), LEAST_COLOURED * self.high.size)


def _paint(
    mask: Picture, pixels: NDArray, shades: _Shades, invert: bool
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """The level of paint on black: that of its lightest channel, and all of it where a colour is flat."""
    _check_drawing(mask, shades, invert)
    lightest, marked = pixels.max(2), shades.marked
    level = np.divide(lightest, lightest.max(), dtype=np.float32)
    codes = shades.small[marked].astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    colours, counts = np.unique(codes, return_counts=True)
    flat = np.isin(codes, colours[counts >= FLAT * len(codes)]) & (shades.high[marked] > DARK)
    level[marked] = np.where(flat, 1, level[marked])
    paint = np.median(shades.small[shades.chromatic], axis=0).astype(int)
    told = ",".join(map(str, (255 - paint if invert else paint).tolist()))
    counts_as = "black" if invert else "white"
    return level, (f"{mask.path.name}: is painted in colour ({told}), which counts as {counts_as}",)


def _check_drawing(mask: Picture, shades: _Shades, invert: bool) -> None:
    """Raise InputError if a picture in colour shows something else than paint on black."""
    black = 1 - float(shades.marked.mean())
    if black >= LEAST_BLACK and _is_drawn(shades.small, shades.high):
        return
    white = float((shades.low >= 255 * (1 - NOISE)).mean())
    ground, paper = ("white", "black") if invert else ("black", "white")
    if white >= LEAST_BLACK and black < LEAST_BLACK:
        remedy = f"drop {setting('invert_mask')}" if invert else f"pass {setting('invert_mask', True)}"
        raise InputError(
            f"{mask.path}: is painted in colour on {paper}, and {paper} marks the artifact",
            f"if the paint marks it, {remedy}; or {PAINT_WHITE}",
        )
    raise InputError(
        f"{mask.path}: is in colour and {black:.0%} of it is {ground}: it shows a picture",
        f"{PAINT_WHITE}, or save the paint alone on black or on transparency",
    )


def _check_grey(mask: Picture, level: NDArray[np.float32]) -> None:
    """Raise InputError if (H, W) `level` is a picture without colour."""
    grey = float(((level > GREY[0]) & (level < GREY[1])).mean())
    if grey > MOST_GREY and (level <= NOISE).mean() < LEAST_BLACK:
        raise InputError(
            f"{mask.path}: {grey:.0%} of it is grey: it shows a picture",
            f"{PAINT_WHITE}, or pass {setting('mask_from', 'luminance')} to take it as it is",
        )


def _is_drawn(small: NDArray[np.uint8], value: NDArray[np.uint8]) -> bool:
    """Whether what is light in (..., 3) `small`, its lightest channels (...) `value`, has hardly any hues."""
    light = np.flatnonzero(value > DARK)
    light = light[:: max(1, len(light) // SAMPLE)]
    if not len(light):
        return True
    colours, lightest = small.reshape(-1, 3)[light].astype(np.float32), value.ravel()[light]
    grey = (lightest - colours.min(1) <= CHROMA) & (lightest < 255 * (1 - NOISE))
    hues = np.round(HUE_STEPS * colours / lightest[:, None]).astype(np.int64) @ np.array([256, 16, 1])
    common = np.sort(np.bincount(hues))[::-1][:MOST_HUES].sum()
    return bool(common >= LEAST_OF_HUES * len(hues) and grey.mean() <= MOST_GREY_PAINT)


def _uses_alpha(mask: Picture, source: MaskSource) -> bool:
    varies = mask.alpha is not None and bool(mask.alpha.min() < np.iinfo(mask.alpha.dtype).max)
    if source == IMAGE_ALPHA and not varies:
        raise InputError(
            f"{mask.path}: the image has no transparent pixels to repaint", f"pass {setting('mask', 'FILE')}"
        )
    if source == "alpha" and not varies:
        raise InputError(
            f"{mask.path}: the mask has no transparent pixels to read",
            f"pass {setting('mask_from', 'luminance')}",
        )
    if source != "auto" or not varies:
        return source in ("alpha", IMAGE_ALPHA)
    if not _shows_paint(mask):
        raise InputError(
            f"{mask.path}: the mask has both transparency and a drawing, either may be meant",
            f"pass {setting('mask_from', 'alpha')} or {setting('mask_from', 'luminance')}",
        )
    return True


def _shows_paint(mask: Picture) -> bool:
    """Whether all visible pixels have one colour, or few, none dark; hidden ones may hold anything."""
    visible = eight_bit(mask.pixels)[_alpha_level(mask) > 0.5]
    if visible.size == 0 or int(np.ptp(visible, axis=0).max()) <= 8:
        return True
    lightest = visible.max(1)
    return bool((lightest <= DARK).mean() <= MOST_DARK) and _is_drawn(visible, lightest)


def _alpha_level(mask: Picture) -> NDArray[np.float32]:
    assert mask.alpha is not None
    return np.divide(mask.alpha, np.iinfo(mask.alpha.dtype).max, dtype=np.float32)


def _alike(pixels: NDArray) -> NDArray[np.float32]:
    """The level in [0, 1] of pixels whose channels agree."""
    return np.divide(pixels[..., 0], np.iinfo(pixels.dtype).max, dtype=np.float32)


def _luminance(pixels: NDArray) -> NDArray[np.float32]:
    """Rec. 601 luma in [0, 1]; exact where the channels agree."""
    result = np.empty(pixels.shape[:2], np.float32)
    for rows in bands(len(pixels)):
        level = np.divide(pixels[rows], np.iinfo(pixels.dtype).max, dtype=np.float32)
        red, green, blue = level[..., 0], level[..., 1], level[..., 2]
        result[rows] = green + np.float32(0.299) * (red - green) + np.float32(0.114) * (blue - green)
    return result
