"""An artifact that melts what is looked for."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest


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
