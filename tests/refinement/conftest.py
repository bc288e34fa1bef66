"""A reference, and a crop of it with a mask; a picture of fields of colour with a hole in it."""

from functools import partial

import numpy as np
import pytest

from artifix.registration.transform import Transform

MATRIX = np.array([[1.0, 0, 20], [0, 1, 15], [0, 0, 1]])


def picture(height: int = 80, width: int = 90) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.kron(rng.uniform(40, 200, (height // 5, width // 5, 3)), np.ones((5, 5, 1))).astype(np.float32)


def hole() -> np.ndarray:
    mask = np.zeros((80, 90), bool)
    mask[30:50, 30:60] = True
    return mask


@pytest.fixture(scope="module")
def reference(scene):
    return scene(180, 200)


@pytest.fixture(scope="module")
def mask():
    mask = np.zeros((120, 150), bool)
    mask[50:74, 60:90] = True
    return mask


@pytest.fixture(scope="module")
def warp(reference):
    return partial(Transform(MATRIX).warp_reference, reference)
