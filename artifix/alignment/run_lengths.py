"""Regions of the reference as run lengths."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifix.alignment.stored_entry import Entry
from artifix.errors import InputError


def encode_region(region: NDArray[np.bool_]) -> dict[str, Any]:
    """(H, W) bool as COCO's uncompressed run lengths: columns one after the other, the first run is False."""
    flat = region.ravel(order="F")
    edges = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate([[0], edges, [flat.size]]))
    counts = [0, *runs.tolist()] if flat[0] else runs.tolist()
    return {"size": list(region.shape), "counts": counts}


def decode_region(told: dict[str, Any], shape: Sequence[int], where: str) -> NDArray[np.bool_]:
    """(H, W) bool of run lengths.

    Raises:
        InputError: they do not fill a picture of `shape`.
    """
    entry, size = Entry(told, where), tuple(shape[:2])
    counts = entry.numbers("counts", (None,)).astype(np.int64)
    if told.get("size") != list(size) or counts.min(initial=0) < 0 or counts.sum() != size[0] * size[1]:
        raise InputError(
            f"{where}: does not fill the reference of {size[1]}x{size[0]} px",
            "give a box [x0, y0, x1, y1], or run lengths for its size [height, width]",
        )
    flat = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    return flat.reshape(size, order="F")
