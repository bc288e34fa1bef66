"""Pictures as keys of what is remembered of them."""

import hashlib

import numpy as np
from numpy.typing import NDArray


class Pictures:
    """Pictures and masks, equal where their contents are."""

    def __init__(self, *parts: NDArray) -> None:
        self.parts = parts
        told = hashlib.blake2b(repr([part.shape for part in self.parts]).encode())
        for part in self.parts:
            told.update(np.ascontiguousarray(part).data)
        self._digest = told.digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pictures) and self._digest == other._digest

    def __hash__(self) -> int:
        return hash(self._digest)
