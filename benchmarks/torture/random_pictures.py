"""Picture files of any mode, depth, turn and profile, and masks of any shape, drawn at random."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from material import drawn
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

_ORIENTATION = 0x0112
MODES = ("L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "L16", "RGB16", "RGBA16")
FORMATS = {
    "L": ("PNG", "JPEG", "TIFF", "WEBP"), "LA": ("PNG", "TIFF"), "P": ("PNG", "TIFF", "GIF"), "PA": ("PNG",),
    "RGB": ("PNG", "JPEG", "TIFF", "WEBP"), "RGBA": ("PNG", "TIFF", "WEBP"), "CMYK": ("JPEG", "TIFF"),
    "L16": ("PNG", "TIFF"), "RGB16": ("PNG", "TIFF"), "RGBA16": ("PNG",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """A picture file and what it shows."""

    path: Path
    kind: str
    pixels: NDArray  # (H, W, 3), upright
    alpha: NDArray | None
    profile: bytes | None


def write_source(folder: Path, draw: np.random.Generator) -> Source:
    """A random picture file."""
    height, width = (round(16 * (700 / 16) ** draw.random()) for _ in range(2))
    mode = str(draw.choice(MODES))
    kind = str(draw.choice(FORMATS[mode]))
    path = folder / f"image.{kind.lower()}"
    picture = drawn(height, width, int(draw.integers(2**31)))
    alpha = draw.integers(0, 256, (height, width)).astype(np.uint8)
    if mode.endswith("16"):
        return _deep(path, kind, mode, picture, alpha, draw)
    image = Image.fromarray(picture)
    if "A" in mode:
        image.putalpha(Image.fromarray(alpha))
    image = image.convert("LA" if mode == "PA" else mode)
    options: dict[str, Any] = {"transparency": int(draw.integers(8))} if mode == "P" and kind == "PNG" else {}
    if mode == "PA":
        image = image.convert("L").convert("P")
        options["transparency"] = bytes(draw.integers(0, 256, 256).astype(np.uint8))
    return _shallow(path, kind, mode, image, options, draw)


def _shallow(
    path: Path, kind: str, mode: str, image: Image.Image, options: dict[str, Any], draw: np.random.Generator
) -> Source:
    turn, profile = int(draw.integers(1, 9)), None
    if kind in ("PNG", "JPEG", "WEBP") and draw.random() < 0.6:
        exif = Image.Exif()
        exif[_ORIENTATION] = turn
        options["exif"] = exif
    if "RGB" in mode and draw.random() < 0.5:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        options["icc_profile"] = profile
    image.save(path, kind, **options)
    with Image.open(path) as opened:
        shown = ImageOps.exif_transpose(opened)
        has_alpha = shown.has_transparency_data
        samples = np.asarray(shown.convert("RGBA" if has_alpha else "RGB"))
    return Source(path, f"{mode} {kind}", samples[..., :3], samples[..., 3] if has_alpha else None, profile)


def _deep(
    path: Path, kind: str, mode: str, picture: NDArray, alpha: NDArray, draw: np.random.Generator
) -> Source:
    pixels = picture.astype(np.uint16) * 256 + draw.integers(0, 256, picture.shape).astype(np.uint16)
    deep_alpha = alpha.astype(np.uint16) * 256 + draw.integers(0, 256, alpha.shape).astype(np.uint16)
    if mode == "L16":
        pixels = np.repeat(pixels[..., :1], 3, axis=2)
        written = np.ascontiguousarray(pixels[..., 0])
    elif mode == "RGB16":
        written = np.ascontiguousarray(pixels[..., ::-1])
    else:
        written = np.dstack([pixels[..., ::-1], deep_alpha])
    assert cv2.imwrite(str(path), written)
    return Source(path, f"{mode} {kind}", pixels, deep_alpha if mode == "RGBA16" else None, None)


def drawn_mask(size: tuple[int, int], draw: np.random.Generator) -> NDArray[np.uint8]:
    """Blobs, specks, a border or soft greys, and something left of the image."""
    height, width = size
    mask = np.zeros(size, np.uint8)
    shape = draw.choice(("blobs", "specks", "border", "soft"))
    for _ in range(int(draw.integers(1, 5))):
        y, x = int(draw.integers(height)), int(draw.integers(width))
        if shape == "specks":
            mask[y, x] = int(draw.integers(16, 256))
        elif shape == "border":
            mask[: max(height // 8, 1)] = 255
            mask[:, -max(width // 8, 1) :] = 255
        else:
            axes = int(draw.integers(1, max(width // 4, 2))), int(draw.integers(1, max(height // 4, 2)))
            cv2.ellipse(mask, (x, y), axes, float(draw.integers(180)), 0, 360, 255, -1)
    if shape == "soft":
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), float(draw.uniform(0.5, 6))))
    mask[-1, 0] = mask[-1, 1] = 0  # or else nothing might be left
    if mask.max() <= 8:
        mask[0, 0] = 255
    return mask
