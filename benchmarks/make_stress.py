"""Make hard cases with exactly known answers from single pictures.

Usage: python benchmarks/make_stress.py IMAGES OUT [--count 200] [--seed 1]

IMAGES is searched with its sub-folders: pictures with transparency become decals (logos), the others photos.
OUT/<kind>-<nn>/ holds image.png (a view of a photo, a part of it destroyed), mask.png (255 = repaint),
reference.png (another view), truth.png (the first view undestroyed) and region.png (255 where the masked
part lies in the reference); OUT/index.json tells of each what it was made from. Both views are exact maps of
one flat picture, so the answer is no estimate. Every kind has an equal share:

turn-90, turn-180  the reference is turned
scale              one of the two sees the object four times as large
bend               one of the two is wrapped around a cylinder or lies in folds
blur, light        one of the two is blurred or coarse; has a cast, another gamma and uneven light
perspective        the reference is seen from far aside
low-texture        there is little to see in the mask and around it
repeated           the masked print is there many times; only what surrounds the sheet tells which it is
small-logo         the masked logo is less than 6 % of the reference's shorter side
mirrored           the reference shows the mirrored object too

Apart from the kinds that set them, a reference is turned by up to 12 degrees and 0.75 to 1.3 times as large.
About half of the references show the object cut out before another photo. The bundled weights were trained on
the public photos that these cases are commonly made of, though not on these views: what they score here is
no score on photos never seen.
"""

import json
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from running import as_script, plain_parser
from stress_set.assembly import StressCase, build_case
from stress_set.pictures import Pictures, find_pictures
from stress_set.plans import KINDS

from artifix.errors import InputError
from artifix.outputs.encode import encode_png

MOST_TRIES = 300  # of a case; not every photo has room for every kind
FILES = ("image", "mask", "reference", "truth", "region")


def make_case(pictures: Pictures, kind: str, number: int, seed: int) -> StressCase:
    """The case of a kind with this number, the same however many others are made.

    Raises:
        InputError: the pictures have no place for it.
    """
    random = np.random.default_rng([seed, number, zlib.crc32(kind.encode())])
    for _ in range(MOST_TRIES):
        plan = KINDS[kind](random, pictures)
        case = None if plan is None else build_case(random, plan, pictures)
        if case is not None:
            return case
    raise InputError(
        f"no {kind} case in {MOST_TRIES} tries", "name a folder with more, and more varied, photos"
    )


def write_case(folder: Path, case: StressCase) -> None:
    """Write the five files of a case."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (folder / f"{name}.png").write_bytes(encode_png(getattr(case, name)))


def make_cases(pictures: Pictures, out: Path, count: int, seed: int) -> list[dict[str, object]]:
    """Write `count` cases and the index of them; returns its entries."""
    index = []
    for i in range(count):
        kind, number = list(KINDS)[i % len(KINDS)], i // len(KINDS)
        case = make_case(pictures, kind, number, seed)
        name = f"{kind}-{number:02}"
        write_case(out / name, case)
        index.append({"case": name, "kind": kind, **case.facts})
    out.mkdir(parents=True, exist_ok=True)
    (out / "index.json").write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
    return index


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Make the set."""
    parser = plain_parser(__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    made = make_cases(find_pictures(options.images), options.out, options.count, options.seed)
    print(f"{len(made)} cases in {options.out}")


if __name__ == "__main__":
    sys.exit(main())
