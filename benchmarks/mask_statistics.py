"""How long does `artifix stats` take for many masks?

    python benchmarks/mask_statistics.py [--count 10000] [--side 512] [--workers 2] [--keep DIR]

Draws masks of random brush strokes and blobs, 0.1 to 15 % of the picture, one in a hundred of them empty, as
grey PNGs of 8 bits, and runs the command on them, from its start to its end. Prints the seconds it took and
the processor's seconds. --keep leaves the masks and the results in DIR.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from running import head, plain_parser, row

EMPTY_EVERY = 100
CORNERS = 24  # of a blob


def draw_mask(random: np.random.Generator, side: int) -> NDArray[np.uint8]:
    """(side, side) of 0 and 255: one to three blobs or strokes."""
    mask = np.zeros((side, side), np.uint8)
    share = np.exp(random.uniform(np.log(0.001), np.log(0.15)))
    parts = int(random.integers(1, 4))
    radius = side * np.sqrt(share / parts / np.pi)
    for _ in range(parts):
        centre = random.uniform(0.15 * side, 0.85 * side, 2)
        if random.random() < 0.3:
            steps = centre + np.cumsum(random.normal(0, 2 * radius, (5, 2)), axis=0)
            cv2.polylines(mask, [steps.astype(np.int32)], False, 255, max(1, int(radius / 2)))
            continue
        angles = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
        reach = radius * np.exp(random.normal(0, 0.25, CORNERS))[:, None]
        blob = centre + reach * np.column_stack([np.cos(angles), np.sin(angles)])
        cv2.fillPoly(mask, [blob.astype(np.int32)], 255)
    return mask


def draw_masks(folder: Path, count: int, side: int) -> None:
    """PNGs of the masks, the same for the same arguments."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for number in range(count):
        mask = draw_mask(random, side) * (number % EMPTY_EVERY > 0)
        cv2.imwrite(str(folder / f"{number:06}.png"), mask)


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw, run, print."""
    parser = plain_parser(__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--workers", type=int, nargs="+", default=[2])
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        draw_masks(folder / "masks", options.count, options.side)
        print(head("masks", "px", "workers", "seconds", "processor's seconds"))
        for workers in options.workers:
            begun, spent = time.perf_counter(), _spent_s()
            command = [sys.executable, "-m", "artifix", "stats", str(folder / "masks")]
            command += ["--out", str(folder / "statistics"), "--overwrite", "--workers", str(workers)]
            done = subprocess.run([*command, "--quiet"], check=False)
            if done.returncode:
                return done.returncode
            took, used = time.perf_counter() - begun, _spent_s() - spent
            print(row(options.count, f"{options.side}x{options.side}", workers, f"{took:.1f}", f"{used:.1f}"))
    return 0


def _spent_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
