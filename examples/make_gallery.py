"""Draw the pictures of the README: one pair as wide as the page, and a gallery of all that is generated.

Usage: python examples/run.py --out RUNS && python examples/make_gallery.py RUNS [--out DIR]

RUNS holds what `run.py` wrote: a folder for each example, with `refined.png` and `record.json`. The last row
of the gallery is repaired, or refused, here.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from artifix import refine
from artifix.errors import NoMatchError
from artifix.geometry import crop_around

EXAMPLES = Path(__file__).resolve().parent
HERO = "book"
KINDS = {
    "book": "a book's title",
    "foodpack": "a label on foil",
    "sign": "a street sign",
    "watch": "a clock face",
    "toy": "a toy, another view",
    "sneaker": "a logo on leather",
    "can": "a label on a can",
    "cap": "an emblem on a cap",
    "tryon": "worn cloth: half failed",
}
WRONG = "watch", "clock"  # the image, and the reference, which shows another thing
PAPER, INK, FAINT = (255, 255, 255), (36, 41, 47), (110, 119, 129)
WIDTH, GAP, CAPTION = 1600, 12, 34
ZOOM = 1.5  # side of the square that is shown, over the longer side of the mask
QUALITY = 85


def picture(path: Path) -> Image.Image:
    return Image.open(path).convert("RGB")


def around(mask: Path) -> tuple[int, int, int, int]:
    """The square around a mask, inside the picture."""
    return crop_around(np.asarray(Image.open(mask).convert("L")) > 127, ZOOM).as_tuple()


def row(tiles: list[tuple[str, Image.Image]], width: int) -> Image.Image:
    """Square tiles side by side, each under its caption."""
    side = (width - GAP * (len(tiles) - 1)) // len(tiles)
    sheet = Image.new("RGB", (width, CAPTION + side), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(17)
    for k, (caption, tile) in enumerate(tiles):
        left = k * (side + GAP)
        pen.text((left, 9), caption, fill=INK if k == 0 else FAINT, font=font)
        sheet.paste(tile.resize((side, side), Image.Resampling.LANCZOS), (left, CAPTION))
    return sheet


def hero(example: Path, run: Path) -> Image.Image:
    """Generated | repaired, whole, the reference in the corner of the first."""
    before = picture(example / "image.png")
    side = before.width // 4
    inset = picture(example / "reference.png").resize((side, side), Image.Resampling.LANCZOS)
    frame = Image.new("RGB", (side + 8, side + 8), PAPER)
    frame.paste(inset, (4, 4))
    before.paste(frame, (before.width - frame.width - GAP, GAP))
    after = picture(run / "refined.png")
    return row([("generated; in the corner, a photo of the real thing", before), ("repaired", after)], WIDTH)


def case_row(name: str, run: Path, width: int) -> Image.Image:
    """Generated | close to the artifact | the same repaired | the reference."""
    example = EXAMPLES / name
    (part,) = json.loads((run / "record.json").read_text(encoding="utf-8"))["groups"][:1]
    box, before = around(example / "mask.png"), picture(example / "image.png")
    told = f"repaired: {part['placed']}, {part['repair_confidence']:.2f}"
    tiles = [
        (KINDS[name], before),
        ("generated", before.crop(box)),
        (told, picture(run / "refined.png").crop(box)),
        ("photo", picture(example / "reference.png").crop(around(example / "region.png"))),
    ]
    return row(tiles, width)


def refused_row(width: int) -> Image.Image:
    """A reference that shows another thing is refused.

    Raises:
        SystemExit: it was not.
    """
    image, reference = EXAMPLES / WRONG[0], EXAMPLES / WRONG[1] / "reference.png"
    try:
        refine(image / "image.png", image / "mask.png", reference)
    except NoMatchError:
        before = picture(image / "image.png")
        close = before.crop(around(image / "mask.png"))
        tiles = [
            ("another product's photo", before),
            ("generated", close),
            ("refused, left alone", close),
            ("photo", picture(reference)),
        ]
        return row(tiles, width)
    raise SystemExit(f"{reference} was accepted for {image}: the gallery has no refusal to show")


def main() -> None:
    """Draw both pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", type=Path)
    parser.add_argument("--out", type=Path, default=EXAMPLES / "gallery")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    pair = hero(EXAMPLES / HERO, options.runs / HERO)
    pair.save(options.out / "hero.jpg", quality=QUALITY, optimize=True)
    half = (WIDTH - 3 * GAP) // 2
    rows = [case_row(name, options.runs / name, half) for name in KINDS]
    rows.append(refused_row(half))
    tall = rows[0].height + GAP
    sheet = Image.new("RGB", (WIDTH, tall * ((len(rows) + 1) // 2)), PAPER)
    for k, one in enumerate(rows):
        sheet.paste(one, (k % 2 * (half + 3 * GAP), k // 2 * tall))
    sheet.save(options.out / "gallery.jpg", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
