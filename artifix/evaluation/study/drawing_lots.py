"""Numbers drawn from a text: the same here and in the script of the page, so that a plan can be redrawn.

xorshift128 (Marsaglia, Xorshift RNGs, Journal of Statistical Software 8(14), 2003), its state the 32-bit
FNV-1a hashes of the text with a number behind it. page.js holds the same; tests compare the two.
"""

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")

_MASK = 2**32 - 1
_FNV_BASIS, _FNV_PRIME = 2166136261, 16777619
_SKIPPED = 16  # first numbers, in which near texts are still alike


class Lots:
    """Draws that a text determines."""

    def __init__(self, text: str) -> None:
        """Args: text: ASCII."""
        self._state = [_hashed(f"{text}/{number}") | 1 for number in range(4)]
        for _ in range(_SKIPPED):
            self._next()

    def below(self, count: int) -> int:
        """One of 0 to `count` - 1."""
        return (self._next() * count) >> 32

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """The items in an order in which each is equally likely to be anywhere."""
        order = list(items)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order

    def _next(self) -> int:
        x, y, z, w = self._state
        t = (x ^ (x << 11)) & _MASK
        drawn = (w ^ (w >> 19)) ^ (t ^ (t >> 8))
        self._state = [y, z, w, drawn]
        return drawn


def _hashed(text: str) -> int:
    found = _FNV_BASIS
    for byte in text.encode("ascii"):
        found = ((found ^ byte) * _FNV_PRIME) & _MASK
    return found
