"""Files of every kind a user may bring, drawn by code."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

HEIGHT, WIDTH = 24, 36


@pytest.fixture(scope="session")
def colours() -> NDArray[np.uint8]:
    """(24, 36, 3): smooth, and different in every corner and channel, so that no turn goes unnoticed."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    planes = [x * 255 // (WIDTH - 1), y * 255 // (HEIGHT - 1), (x + 2 * y) * 3 % 256]
    return np.stack(planes, axis=2).astype(np.uint8)


@pytest.fixture(scope="session")
def deep_colours() -> NDArray[np.uint16]:
    """(24, 36, 4) uint16 whose low bytes matter, alpha included."""
    return np.random.default_rng(7).integers(0, 65536, (HEIGHT, WIDTH, 4), np.uint16)


@pytest.fixture(scope="session")
def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def save_array(tmp_path: Path) -> Callable[..., Path]:
    """Save an array with Pillow under a name, with options of the format; the result is its path."""

    def save(array: NDArray, name: str, **options: object) -> Path:
        Image.fromarray(array).save(tmp_path / name, **options)
        return tmp_path / name

    return save
