"""A print to look for, an artifact that melts it, and what describes both."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch

from artifix.alignment.cells import Describe, describe_learned, describe_plainly
from artifix.alignment.installed import xfeat_path


@pytest.fixture(params=["learned", "plain"])
def describe(request: pytest.FixtureRequest) -> Describe:
    """What describes cells: XFeat where it is installed, and what stands in for it."""
    if request.param == "plain":
        return describe_plainly
    if xfeat_path() is None:
        pytest.skip("XFeat is not installed")
    return describe_learned(torch.device("cpu"))


@pytest.fixture(scope="session")
def label() -> Callable[..., np.ndarray]:
    """Draw a print of large strokes on plain ground: label(seed, height, width) is uint8 RGB."""

    def draw(seed: int = 0, height: int = 300, width: int = 320) -> np.ndarray:
        random = np.random.default_rng(seed)
        picture = np.full((height, width, 3), (225, 215, 195), np.uint8)
        for number in range(14):
            a, b = (random.integers(60, [width - 60, height - 60]).tolist() for _ in range(2))
            colour, thick = random.integers(0, 160, 3).tolist(), int(random.integers(4, 9))
            if number % 3 == 0:
                cv2.line(picture, a, b, colour, thick, cv2.LINE_AA)
            elif number % 3 == 1:
                cv2.circle(picture, a, int(random.integers(8, 30)), colour, thick, cv2.LINE_AA)
            else:
                letter = chr(65 + int(random.integers(26)))
                cv2.putText(picture, letter, a, cv2.FONT_HERSHEY_DUPLEX, 2, colour, 5, cv2.LINE_AA)
        return picture

    return draw


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
