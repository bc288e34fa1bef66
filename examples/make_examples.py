"""Make the example cases: render each object twice, spoil its print in the first photograph.

Usage: python examples/make_examples.py [--out DIR] [--only NAME ...] [--samples N]
"""

import argparse
import importlib
import json
import time
from pathlib import Path

import mitsuba as mi
import numpy as np
from numpy.typing import NDArray
from PIL import Image

PHOTOGRAPHS = ("can", "cereal", "mug", "shirt", "clock", "bottle")  # image and reference of one thing
GENERATIONS = ("tryon", "cap", "sign", "watch", "book", "sneaker", "toy", "foodpack")  # the thing drawn anew
CASES = PHOTOGRAPHS + GENERATIONS


def make(name: str, folder: Path, samples: int, side_px: int) -> float:
    """Render one case into `folder`; returns the share of the image that its mask covers."""
    # Imported here: the scenes may be loaded only after mitsuba's variant is set.
    from scenes.artifacts import box_of, carry, outline
    from scenes.photograph import develop, exposure
    from scenes.studio import assemble, expose, surface_coordinates

    example = importlib.import_module(f"scenes.{name}").EXAMPLE
    art = example.draw()
    spoiled = example.spoil(art)
    light, seen, gain = {}, {}, {}
    for which, view in (("image", example.image), ("reference", example.reference)):
        objects = example.build(art, which)
        seen[which] = surface_coordinates(objects, view, side_px)
        light[which] = expose(assemble(objects, view, side_px), samples, view.seed)
        gain[which] = exposure(light[which], view)
    mask = outline(changed_pixels(art, spoiled, seen["image"]), example.margin_px, example.seed)
    box = box_of(mask)
    window = assemble(example.build(spoiled, "image"), example.image, side_px, box)
    garbled = light["image"].copy()
    garbled[box] = expose(window, samples, example.image.seed)

    expected = develop(light["image"], example.image, gain["image"])
    pictures = {
        "image": np.where(mask[..., None], develop(garbled, example.image, gain["image"]), expected),
        "mask": mask,
        "reference": develop(light["reference"], example.reference, gain["reference"]),
        "expected": expected,
        "region": carry(mask, seen["image"], seen["reference"]),
    }
    facts = {"case": name, "shows": example.shows, "wrong": example.wrong}
    save(folder, pictures, facts | {"mask_share": round(float(mask.mean()), 4)})
    return float(mask.mean())


def changed_pixels(art: NDArray, spoiled: NDArray, seen: NDArray) -> NDArray[np.bool_]:
    """Where the label, seen at (H, W, 2) coordinates `seen`, shows spoiled artwork."""
    changed = np.abs(art.astype(int) - spoiled).max(-1) > 24
    found = np.isfinite(seen[..., 0])
    height, width = changed.shape
    column = np.clip((seen[found][:, 0] * width).astype(int), 0, width - 1)
    row = np.clip((seen[found][:, 1] * height).astype(int), 0, height - 1)
    result = np.zeros(seen.shape[:2], bool)
    result[found] = changed[row, column]
    return result


def save(folder: Path, pictures: dict[str, NDArray], facts: dict[str, str | float]) -> None:
    """Write the pictures as PNG and the facts as case.json."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        values = np.where(picture, 255, 0).astype(np.uint8) if picture.dtype == bool else picture
        Image.fromarray(values).save(folder / f"{name}.png", optimize=True)
    (folder / "case.json").write_text(json.dumps(facts, indent=2) + "\n")


def main() -> None:
    """Make the cases that the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent, help="folder for the cases (default: %(default)s)"
    )
    parser.add_argument(
        "--only", nargs="+", choices=CASES, default=CASES, metavar="NAME", help=", ".join(CASES)
    )
    parser.add_argument(
        "--samples", type=int, default=64, help="light paths for each pixel (default: %(default)s)"
    )
    parser.add_argument(
        "--side", type=int, default=768, help="of the pictures [px]; less for drafts (default: %(default)s)"
    )
    parser.add_argument(
        "--variant", choices=("llvm_ad_rgb", "scalar_rgb"), default="llvm_ad_rgb", help="of mitsuba"
    )
    options = parser.parse_args()
    mi.set_variant(options.variant)
    for name in options.only:
        start = time.monotonic()
        share = make(name, options.out / name, options.samples, options.side)
        print(f"{name}: mask covers {share:.1%}, made in {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
