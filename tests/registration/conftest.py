"""A picture and a spot in it that is masked, and an artifact that melts what is looked for."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

VIEW = np.array([[1.1, 0.12, 12.0], [-0.1, 1.05, 22.0], [1e-4, -5e-5, 1.0]])  # image to reference


def scene(height: int = 220, width: int = 260, seed: int = 0) -> np.ndarray:
    """A picture with corners and soft shading."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 128, np.uint8)
    for _ in range(height * width // 200):
        x, y, w, h = rng.integers(0, width), rng.integers(0, height), rng.integers(4, 20), rng.integers(4, 20)
        picture[y : y + h, x : x + w] = rng.integers(30, 226, 3)
    return cv2.GaussianBlur(picture, (0, 0), 0.8)


def spot(size: tuple[int, int] = (160, 180)) -> np.ndarray:
    mask = np.zeros(size, bool)
    mask[60:95, 70:110] = True
    return mask


@pytest.fixture(scope="session")
def melted() -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Spoil a picture as generators do: melted(picture, mask) is soft and wavy where the mask is True."""

    def melt(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
        y, x = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
        soft = cv2.GaussianBlur(picture, (0, 0), 4)
        maps = x + 4 * np.sin(y / 7), y + 4 * np.cos(x / 6)
        wavy = cv2.remap(soft, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        return np.where(mask[..., None], wavy, picture)

    return melt
