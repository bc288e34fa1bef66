"""What the scores that need no truth say of results that are known to be good and bad.

Usage: python benchmarks/scores.py CASES [--every N] [--scores NAME ...]

CASES is a set with truths and regions. Scored are the truth, the truth with the masked part 2, 5 and 10 grey
levels lighter, OpenCV's Telea inpainting, and the artifact left as it is. Printed are the medians over the
cases of which a score says something, and in how many the truth is better than the artifact, equal, or
nothing is said.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from running import as_script, every_nth, head, plain_parser, row

from artifix.errors import InputError
from artifix.evaluation.cases import KnownCase, read_known_case
from artifix.evaluation.scores.repaired import Repaired
from artifix.evaluation.scores.scorers import scorers

STEPS = (2, 5, 10)  # grey levels
TELEA_PX = 5  # radius of the inpainting
RESULTS = ("truth", *(f"truth + {step}" for step in STEPS), "Telea", "artifact")


def results_of(known: KnownCase) -> dict[str, Repaired]:
    """What is scored of a case, by the names in `RESULTS`."""
    if known.truth is None:
        raise InputError(f"{known.name}: has no truth", "take a set with truth.png in each case")
    case, truth, image = known.case, known.truth, known.case.image.rgb
    lighter = [np.clip(truth.astype(int) + step * case.mask[..., None], 0, 255) for step in STEPS]
    telea = cv2.inpaint(image, case.mask.astype(np.uint8), TELEA_PX, cv2.INPAINT_TELEA)
    pictures = (truth, *(picture.astype(np.uint8) for picture in lighter), telea, image)
    return {
        name: Repaired(known.name, image, case.mask, case.reference.rgb, picture, known.region, None, truth)
        for name, picture in zip(RESULTS, pictures, strict=True)
    }


def summary(better: str, figures: NDArray[np.float64]) -> list[str]:
    """Medians of (cases, results) figures, and how truth and artifact compare."""
    truth, artifact = figures[:, 0], figures[:, -1]
    ahead = truth > artifact if better == "higher" else truth < artifact
    medians = [np.median(column[~np.isnan(column)]) for column in figures.T]
    unsaid = int((np.isnan(truth) | np.isnan(artifact)).sum())
    counts = f"{int(ahead.sum())} / {int((truth == artifact).sum())} / {unsaid}"
    return [*(f"{median:.3g}" for median in medians), counts]


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = plain_parser(__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every Nth case")
    parser.add_argument("--scores", nargs="+", default=["ocr", "matches", "seam", "outside"])
    return parser.parse_args(arguments)


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Score all cases and print the table."""
    options = options_of(arguments)
    made = scorers(options.scores)
    told: dict[str, list[list[float]]] = {column.name: [] for one in made for column in one.columns}
    for folder in every_nth(options.cases, options.every):
        results = results_of(read_known_case(folder))
        print(folder.name, file=sys.stderr, flush=True)
        for scorer in made:
            said = [scorer.score(result) for result in results.values()]
            for column in scorer.columns:
                told[column.name].append([figures[column.name] for figures in said])
    print(head("score", *RESULTS, "better / equal / nan"))
    for scorer in made:
        for column in scorer.columns:
            print(row(column.name, *summary(column.better, np.array(told[column.name]))))


if __name__ == "__main__":
    sys.exit(main())
