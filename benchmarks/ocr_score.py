"""Whether the OCR score ranks planted errors: 0, 1 and 3 of 12 letters.

Usage: python benchmarks/ocr_score.py [--cases N] [--seed N] [--show FILE.png]

Each case is a line of 12 random letters, 20 to 60 px high, in one of matplotlib's fonts on a textured ground,
seen from two sides with a mild perspective: as image, and as reference, whose region is known. The mask
covers the line. Results bear 0, 1 and 3 wrong letters, none of which looks like the right one
(`LOOKALIKES`). Right is a case whose three error rates rise strictly. Needs artifix[ocr] and artifix[eval].
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from running import as_script, plain_parser

from artifix.evaluation.scores.repaired import Repaired
from artifix.evaluation.scores.scorers import scorers

ERRORS = (0, 1, 3)
LETTERS = 12
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Letters of which one may be read for another.
LOOKALIKES = ("CDGOQ", "FEPRBS", "IJLT", "UVYWN", "MNWH", "KXHRA", "ZST")
FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSansMono", "STIXGeneral")
HEIGHT_PX = 20, 60  # least and largest, of the letters' bodies
SIZE_PX = 420, 860  # height and width of both pictures
TILT = 0.03  # of the size; how far corners move


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """One line of text.

    Attributes:
        text: that the reference bears.
        results: by the number of wrong letters.
    """

    text: str
    results: dict[int, Repaired]


def planted_case(seed: int) -> Planted:
    """A line drawn from a seed, right in the reference and with `ERRORS` in the results."""
    random = np.random.default_rng(seed)
    text = "".join(random.choice(list(ALPHABET), LETTERS))
    font = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{random.choice(FONTS)}.ttf")
    height = int(random.integers(HEIGHT_PX[0], HEIGHT_PX[1] + 1))
    light = bool(random.integers(2))
    grounds = [_ground(random, light) for _ in range(2)]
    views = [_view(random) for _ in range(2)]
    ink = random.integers(*((0, 70) if light else (200, 256)), 3)
    order = random.permutation(LETTERS)

    def seen(line: str, side: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        letters, box = _written(line, font, height)
        share, inside = (cv2.warpPerspective(layer, views[side], SIZE_PX[::-1]) for layer in (letters, box))
        drawn = grounds[side] * (1 - share[..., None]) + ink * share[..., None]
        return np.clip(drawn, 0, 255).astype(np.uint8), inside > 0.5

    reference, region = seen(text, 1)
    image, mask = seen(text, 0)
    results = {}
    for count in ERRORS:
        line = list(text)
        for place in order[:count]:
            line[place] = random.choice([c for c in ALPHABET if not _alike(c, text[place])])
        refined = np.where(mask[..., None], seen("".join(line), 0)[0], image)
        results[count] = Repaired(f"{seed}-{count}", image, mask, reference, refined, region, None, image)
    return Planted(text, results)


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Score the cases and print how many are ranked right."""
    parser = plain_parser(__doc__)
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=Path)
    given = parser.parse_args(arguments)
    (scorer,), right, pictures = scorers(["ocr"]), 0, []
    for seed in range(given.seed, given.seed + given.cases):
        planted = planted_case(seed)
        rates = [scorer.score(planted.results[count])["cer"] for count in ERRORS]
        is_right = rates[0] < rates[1] < rates[2]
        right += is_right
        told = "  ".join(f"{rate:.3f}" for rate in rates)
        print(f"{planted.text}  {told}  {'right' if is_right else 'wrong'}", flush=True)
        pictures.append(np.hstack([planted.results[3].refined, planted.results[3].reference]))
    print(f"ranked right: {right} of {given.cases}")
    if given.show:
        Image.fromarray(np.vstack(pictures)[::2, ::2]).save(given.show)


def _alike(letter: str, other: str) -> bool:
    return letter == other or any(letter in group and other in group for group in LOOKALIKES)


def _ground(random: np.random.Generator, light: bool) -> NDArray[np.float64]:
    """(H, W, 3) a texture of soft and fine noise, in [0, 255]."""
    coarse = random.normal(0, 1, (8, 16, 3)), random.normal(0, 1, (SIZE_PX[0] // 3, SIZE_PX[1] // 3, 3))
    soft, fine = (cv2.resize(noise, SIZE_PX[::-1], interpolation=cv2.INTER_CUBIC) for noise in coarse)
    tone = random.uniform(150, 220, 3) if light else random.uniform(30, 100, 3)
    return tone + random.uniform(4, 14) * soft + random.uniform(2, 8) * fine


def _view(random: np.random.Generator) -> NDArray[np.float64]:
    """(3, 3) a mild perspective of the whole picture, and where the line stands in it."""
    height, width = SIZE_PX
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + random.uniform(-TILT, TILT, (4, 2)) * (width, height)
    return cv2.getPerspectiveTransform(corners, moved.astype(np.float32))


def _written(line: str, font: Path, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(H, W) ink of a line in the middle of a picture, and (H, W) 1 in a box around it, both in [0, 1]."""
    face = ImageFont.truetype(str(font), height)
    picture = Image.new("L", SIZE_PX[::-1])
    draw = ImageDraw.Draw(picture)
    middle = SIZE_PX[1] // 2, SIZE_PX[0] // 2
    draw.text(middle, line, 255, font=face, anchor="mm")
    box = Image.new("L", picture.size)
    reach = round(0.31 * height * LETTERS * 1.25) + height // 2, round(0.75 * height)
    ImageDraw.Draw(box).rectangle(
        (middle[0] - reach[0], middle[1] - reach[1], middle[0] + reach[0], middle[1] + reach[1]), fill=255
    )
    return tuple(np.asarray(layer, np.float32) / 255 for layer in (picture, box))


if __name__ == "__main__":
    sys.exit(main())
