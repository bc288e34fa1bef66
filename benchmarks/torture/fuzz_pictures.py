"""Damaged and malicious pictures end in an answer for the user, soon and in bounds of memory.

Usage: python benchmarks/torture/fuzz_pictures.py [--count N] [--seed N] [--no-large]

Mutants of PNG, JPEG, WebP, TIFF, BMP and GIF files of all depths and modes go through `read_picture`, or,
with sound files beside them, through `read_case` as image, mask or reference. Violations are exceptions
other than ArtifixError, crashes, more than 2 s of processor time and more than 2 GiB of memory. The largest
pictures that may be opened, 88 million pixels in files of some kilobytes, follow: 10 s each, and the same
memory.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from guard import Attempt, judge
from material import drawn
from picture_files import HEIGHT, WIDTH, base_files, bombs, large_files, mutated
from PIL import Image

from artifix.inputs.case import read_case
from artifix.inputs.images import read_picture
from artifix.inputs.marking import marked_by

LARGE_S = 10.0  # of processor time, for pictures of as many pixels as may be


def attempts(folder: Path) -> Attempt:
    """Read the mutant of a number."""
    bases, heavy = base_files(), bombs()
    sound = {name: folder / f"{name}.png" for name in ("image", "mask", "reference")}
    Image.fromarray(drawn(HEIGHT, WIDTH, 2)).save(sound["image"])
    Image.fromarray(drawn(HEIGHT, WIDTH, 3)).save(sound["reference"])
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[8:20, 9:20] = 255
    Image.fromarray(mask).save(sound["mask"])

    def attempt(number: int) -> str:
        draw = random.Random(number)
        path = folder / "mutant"
        path.write_bytes(mutated(bases, heavy, draw))
        used = draw.choice(("alone", *sound))
        if used == "alone":
            read_picture(path)
            return ""
        files = sound | {used: path}
        read_case(*files.values(), fit_mask=draw.random() < 0.5, mask_from=draw.choice(("auto", "luminance")))
        return ""

    return attempt


def large_attempts(folder: Path) -> Attempt:
    """Read the large file of a number, as a picture and as a mask to be fitted."""
    files = large_files()

    def attempt(number: int) -> str:
        path = folder / "large.png"
        path.write_bytes(files[number // 2])
        if number % 2:
            marked_by(read_picture(path, least_side_px=1), (HEIGHT, WIDTH), fit=True)
        else:
            read_picture(path)
        return "large"

    return attempt


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the mutants; returns an exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-large", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        verdict = judge(lambda: attempts(Path(place)), options.seed * 1_000_000, options.count)
        status = verdict.close("pictures")
        if not options.no_large:
            large = judge(lambda: large_attempts(Path(place)), 0, 2 * len(large_files()), LARGE_S)
            status |= large.close("large pictures")
    return status


if __name__ == "__main__":
    sys.exit(main())
