"""A drawn object before two grounds: matches are plenty, and its artifact is known."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

WRONG = slice(150, 210), slice(120, 240)  # rows and columns of the artifact


@dataclass(frozen=True)
class Pair:
    """Two pictures of one label."""

    clean: NDArray[np.uint8]  # (384, 384, 3)
    image: NDArray[np.uint8]  # the same with an artifact
    mask: NDArray[np.bool_]
    reference: NDArray[np.uint8]  # of another size, view and light


def label(side: int = 300) -> NDArray[np.uint8]:
    """A square of invented print."""
    random = np.random.default_rng(3)
    drawn = np.full((side, side, 3), (235, 228, 210), np.uint8)
    for row in range(9):
        words = " ".join("".join(random.choice(list("AEKMNORSTVXZ"), 4)) for _ in range(3))
        colour = tuple(int(v) for v in random.integers(0, 150, 3))
        cv2.putText(drawn, words, (10, 32 + 32 * row), cv2.FONT_HERSHEY_DUPLEX, 0.9, colour, 2, cv2.LINE_AA)
    return drawn


def ground(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).uniform(60, 200, (height, width, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 9)
    return np.clip((soft - soft.mean()) * 8 + 120, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def pair() -> Pair:
    clean = ground(384, 384, 1)
    clean[40:340, 50:350] = label()
    image = clean.copy()
    image[WRONG] = cv2.GaussianBlur(image[WRONG][::-1, ::-1], (0, 0), 1.5)
    mask = np.zeros(clean.shape[:2], bool)
    mask[WRONG] = True
    reference = ground(420, 460, 2)
    turned = cv2.getRotationMatrix2D((150, 150), 6, 1.1)
    turned[:, 2] += 70
    size = reference.shape[1::-1]
    seen = cv2.warpAffine(label(), turned, size, flags=cv2.INTER_CUBIC)
    where = cv2.warpAffine(np.ones((300, 300), np.uint8), turned, size) > 0
    reference[where] = (seen[where] * np.array([0.85, 0.9, 0.95]) + 5).astype(np.uint8)
    return Pair(clean, image, mask, reference)
