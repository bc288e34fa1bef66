"""A sheet of masks drawn at random, to see what figures do not say."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from artifix.evaluation.mask_statistics.measuring import MeasuredMask
from artifix.evaluation.mask_statistics.reading import read_mask
from artifix.outputs.drawing import (
    GUTTER_PX,
    MARGIN_PX,
    PANEL_GREY,
    PAPER,
    centred,
    filled,
    fitting_size,
    shown_mask,
    text_width,
    write,
)

_TILE_PX, _LABEL_PX = 144, 22  # side of a tile; height of the line below it
_MOST_COLUMNS = 10
_LABEL_SIZE = 0.42


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A mask on the sheet."""

    label: str
    mask: NDArray[np.bool_]  # (H, W)


def chosen(measured: Sequence[MeasuredMask], count: int, seed: int) -> list[MeasuredMask]:
    """So many of the masks that mark something, or all, drawn by the seed; in the order of the set."""
    marking = [one for one in measured if not one.shape.is_empty]
    picked = np.random.default_rng(seed).permutation(len(marking))[:count]
    return [marking[number] for number in sorted(picked.tolist())]


def tile_of(measured: MeasuredMask) -> Tile:
    """The tile of a mask, read again. Raises InputError if its file has gone or changed to something else."""
    return Tile(f"{100 * measured.shape.share:.2f} %", read_mask(measured.file).mask)


def mask_sheet(tiles: Sequence[Tile]) -> NDArray[np.uint8]:
    """At least one mask, white on black, each with its label below it.

    Returns:
        RGB uint8; a tile is 144 px on its longer side, on grey.
    """
    columns = min(len(tiles), _MOST_COLUMNS)
    rows = ceil(len(tiles) / columns)
    step_x, step_y = _TILE_PX + GUTTER_PX, _TILE_PX + _LABEL_PX + GUTTER_PX
    height, width = rows * step_y - GUTTER_PX + 2 * MARGIN_PX, columns * step_x - GUTTER_PX + 2 * MARGIN_PX
    paper = filled(height, width, PAPER)
    for number, tile in enumerate(tiles):
        top, left = MARGIN_PX + number // columns * step_y, MARGIN_PX + number % columns * step_x
        paper[top : top + _TILE_PX, left : left + _TILE_PX] = _drawn(tile.mask)
        start = left + (_TILE_PX - text_width(tile.label, _LABEL_SIZE)) // 2
        write(paper, tile.label, (start, top + _TILE_PX + 16), size=_LABEL_SIZE)
    return paper


def _drawn(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    size = fitting_size(mask.shape[0], mask.shape[1], (_TILE_PX, _TILE_PX))
    white = np.where(shown_mask(mask, size)[..., None], np.uint8(255), np.uint8(0)).repeat(3, axis=2)
    return centred(white, (_TILE_PX, _TILE_PX), PANEL_GREY)
