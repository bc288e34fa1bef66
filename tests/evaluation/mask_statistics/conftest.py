"""Files of masks."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def save_mask(tmp_path: Path) -> Callable[..., Path]:
    """Write a mask of a square: save_mask(name, side) is its path; 100 x 100 px, a side of 0 is empty."""

    def save(name: str, side: int = 10) -> Path:
        mask = np.zeros((100, 100), np.uint8)
        mask[30 : 30 + side, 40 : 40 + side] = 255
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(mask).save(path)
        return path

    return save
