"""A sheet of training pairs to look at before a long training."""

import colorsys
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Generator, Tensor
from torch.nn import functional

from artifix.training.pairs.sources import Sources
from artifix.training.pairs.synthesis import Pairs, make_pairs
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.tasks import ALIGNMENT, MATCHING, REFINEMENT
from artifix.writing import as_output_error, write_file

MATCHES = 7  # drawn in each row
GAP_PX = 6
OUTLINE = (255, 0, 200)


def write_preview(
    path: Path,
    sources: Sources,
    config: SynthesisConfig,
    seed: int,
    crop_px: int = 128,
    reference_px: int = 128,
    rows: int = 12,
) -> None:
    """Write a PNG: garbled crop with the mask's outline, clean crop, reference, aligned reference.

    Coloured dots show where the reference has what the crop shows, lines join them; a row without lines is of
    an object in two views, or nothing of it matches. The rows go through the tasks in turn.

    Args:
        path: of the PNG; an older one is replaced when the new one is whole.
        sources: as `load_data` gives them.
        config: what the pairs are like.
        seed: of the pairs.
        crop_px: side of the crops [px].
        reference_px: side of the references [px].
        rows: of the sheet.

    Raises:
        OutputError: the disk refuses.
    """
    random = Generator(sources.images.device).manual_seed(seed)
    tasks = (MATCHING, ALIGNMENT, REFINEMENT)
    strips = []
    for place, task in enumerate(tasks):
        count = len(range(place, rows, len(tasks)))
        if count:
            pairs = make_pairs(sources, task, count, crop_px, reference_px, config, random)
            strips += [_strip(pairs, row, np.random.default_rng((seed, place, row))) for row in range(count)]
    _save(path, np.concatenate(strips))


def _save(path: Path, pixels: NDArray[np.uint8]) -> None:
    with as_output_error(path, "free some space, or name another file"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, lambda stream: Image.fromarray(pixels).save(stream, "PNG"))


def _strip(pairs: Pairs, row: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """One pair side by side."""
    garbled, clean, aligned = (_pixels(p[row]) for p in (pairs.garbled, pairs.clean, pairs.aligned))
    side = clean.shape[0]
    reference = _pixels(functional.interpolate(pairs.reference[row : row + 1], (side, side), mode="area")[0])
    mask = np.ascontiguousarray(pairs.mask[row, 0].cpu().numpy().astype(np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(garbled, contours, -1, OUTLINE, 1)
    gap = np.full((side, GAP_PX, 3), 255, np.uint8)
    strip = np.concatenate([garbled, gap, clean, gap, reference, gap, aligned], axis=1)
    crop_left, reference_left = side + GAP_PX, 2 * (side + GAP_PX)
    for number, (x, y, to_x, to_y) in enumerate(_some_matches(pairs, row, random)):
        colour = [round(255 * v) for v in colorsys.hsv_to_rgb(number / MATCHES, 1, 1)]
        start = (crop_left + x, y)
        end = (reference_left + min(int(to_x * side), side - 1), min(int(to_y * side), side - 1))
        cv2.line(strip, start, end, colour, 1, cv2.LINE_AA)
        for point in (start, end):
            cv2.circle(strip, point, 3, colour, -1, cv2.LINE_AA)
    return np.concatenate([strip, np.full((GAP_PX, strip.shape[1], 3), 255, np.uint8)])


def _some_matches(pairs: Pairs, row: int, random: np.random.Generator) -> list[tuple[int, int, float, float]]:
    """Pixels (x, y) of the crop, half of them masked, and where they lie in the reference (0 to 1)."""
    known = (pairs.matchable[row, 0] > 0).cpu()
    masked = (pairs.mask[row, 0] > 0).cpu()
    chosen = []
    for where, most in ((known & masked, MATCHES // 2 + 1), (known & ~masked, MATCHES // 2)):
        places = torch.nonzero(where).numpy()
        chosen += list(places[random.permutation(len(places))[:most]])
    match = ((pairs.match[row].cpu() + 1) / 2).numpy()
    return [(int(x), int(y), float(match[y, x, 0]), float(match[y, x, 1])) for y, x in chosen]


def _pixels(picture: Tensor) -> NDArray[np.uint8]:
    """(S, S, 3) uint8 of (3, S, S) in [-1, 1]."""
    values = (picture.float().permute(1, 2, 0).cpu().numpy() + 1) * 127.5
    return np.ascontiguousarray(values.round().clip(0, 255).astype(np.uint8))
