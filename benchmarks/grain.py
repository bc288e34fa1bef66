"""How well the repaired part takes up the grain of the image around it.

Usage: python benchmarks/grain.py CASES [--count 20] [--seed 0] [--weights NAME|DIR] [--device D]

CASES holds a folder for each case: image.png, mask.png and reference.png. Of COUNT cases, evenly taken, the
image is given grain of 5 to 14 grey levels: white or blurred, coloured or grey, or white and then written as
JPEG of quality 70. Each is located once and repaired twice, with and without grain; the clean image is
repaired once more, which should add nothing.

What was put into the image and what was added to the repaired part are known exactly, as differences of two
pictures; to both comes the little noise that the photos have of their own. The ratio of noise inside the mask
to noise in a band around it should be near 1.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from running import as_script, evenly, head, parser_of, start

from artifix.config import RefineConfig, override
from artifix.evaluation.cases import case_folders, read_known_case
from artifix.inputs.arrays import case_from_arrays
from artifix.inputs.case import Case
from artifix.pipeline import RefineByAlignPipeline

KINDS = ("white", "blurred", "grey", "blurred grey", "jpeg")
SIGMAS = (5.0, 14.0)  # least and most deviation [grey levels]
BLURS_PX = (0.7, 1.2)  # deviations of the Gaussian that correlates grain
JPEG_QUALITY = 70
BAND_PX = 3, 40  # from the mask: nearer, the artifact may bleed
BOUNDS, AIM = (0.7, 1.4), (0.85, 1.2)  # of the ratio


@dataclass(frozen=True, slots=True)
class Grain:
    """Grain to put into a picture."""

    kind: str  # of `KINDS`
    sigma: float  # its deviation, before JPEG [grey levels]
    seed: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one case; noise in grey levels."""

    name: str
    grain: Grain
    around: float  # noise of the band
    plain: float  # noise of the repaired part without grain
    repaired: float  # ... and with it
    added_to_clean: float  # what the record tells where no grain was put in

    @property
    def ratios(self) -> tuple[float, float]:
        """Noise of the repaired part over that of the band: without grain, and with it."""
        return self.plain / self.around, self.repaired / self.around

    def __str__(self) -> str:
        without, with_it = self.ratios
        return (
            f"| {self.name} | {self.grain.kind} | {self.grain.sigma:.1f} | {self.around:.1f} | {without:.2f} "
            f"| {with_it:.2f} | {self.added_to_clean:.1f} |"
        )


def grain_of(index: int, count: int, seed: int) -> Grain:
    """The grain of one of `count` cases: kinds take turns, and levels are shuffled among them."""
    share = index * 7 % count / max(count - 1, 1)
    return Grain(KINDS[index % len(KINDS)], SIGMAS[0] + (SIGMAS[1] - SIGMAS[0]) * share, (seed, index))


def with_grain(picture: NDArray[np.uint8], grain: Grain) -> NDArray[np.uint8]:
    """(H, W, 3) `picture` with grain."""
    random = np.random.default_rng(grain.seed)
    noise = random.standard_normal((*picture.shape[:2], 1 if "grey" in grain.kind else 3))
    if "blurred" in grain.kind:
        noise = cv2.GaussianBlur(noise, (0, 0), random.uniform(*BLURS_PX)).reshape(noise.shape)
    noisy = np.clip(picture + grain.sigma * noise / noise.std(), 0, 255).round().astype(np.uint8)
    if grain.kind != "jpeg":
        return noisy
    _, data = cv2.imencode(".jpg", noisy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def deviation_where_even(
    difference: NDArray[np.float32], clean: NDArray[np.uint8], part: NDArray[np.bool_]
) -> float:
    """Deviation of a difference of two pictures in the most even half of `part` of `clean` [grey levels].

    JPEG is rougher at edges, where grain does not show.
    """
    slope = cv2.GaussianBlur(_slope(clean), (0, 0), 2.0)
    even = part & (slope <= np.median(slope[part]))
    return float(difference[even].std(0).mean())


def own_noise(picture: NDArray[np.uint8], part: NDArray[np.bool_]) -> float:
    """Noise of a picture without grain in `part`, by the median of its finest diagonal detail [grey levels].

    Donoho and Johnstone 1994, "Ideal spatial adaptation by wavelet shrinkage", with the Haar wavelet.
    """
    p = picture.astype(np.float32)
    detail = (p[:-1, :-1] - p[1:, :-1] - p[:-1, 1:] + p[1:, 1:]) / 2
    return float(np.median(np.abs(detail[part[:-1, :-1]])) / 0.6745)


def _slope(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))


def band_of(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(H, W) True around the mask, clear of it."""
    distance = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    return (distance >= BAND_PX[0]) & (distance <= BAND_PX[1])


def noise_inside(repaired: NDArray[np.uint8], plain: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    """Noise of the repaired part: what was added, and what it had [grey levels]."""
    inside = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0  # clear of the feather
    added = repaired.astype(np.float32) - plain
    return float(np.hypot(added[inside].std(0).mean(), own_noise(plain, inside)))


def noise_around(noisy: NDArray[np.uint8], clean: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    """Noise of the band around the mask: what was put in, and what it had [grey levels]."""
    band = band_of(mask)
    put_in = deviation_where_even(noisy.astype(np.float32) - clean, clean, band)
    return float(np.hypot(put_in, own_noise(clean, band)))


def measure(pipeline: RefineByAlignPipeline, name: str, clean: Case, grain: Grain) -> Row:
    """Make one grainy case, repair it with and without grain, and measure."""
    noisy = with_grain(clean.image.rgb, grain)
    case = case_from_arrays(noisy, clean.blend, clean.reference.pixels)
    wanted = override(RefineConfig(), force=True)
    located = pipeline.locate(case, wanted)
    repaired = pipeline.refine(case, wanted, located=located)
    plain = pipeline.refine(case, override(wanted, grain=False), located=located)
    untouched = pipeline.refine(clean, wanted)
    return Row(
        name=name,
        grain=grain,
        around=noise_around(noisy, clean.image.rgb, case.mask),
        plain=noise_inside(plain.refined, plain.refined, case.mask),
        repaired=noise_inside(repaired.refined, plain.refined, case.mask),
        added_to_clean=max(drawn.grain for drawn in untouched.repainted if drawn is not None),
    )


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print the table."""
    parser = parser_of(__doc__, every=False)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    pipeline, folders = start(options), evenly(case_folders(options.cases), options.count)
    print(head("case", "grain", "sigma", "around", "without", "with", "added to the clean image"))
    rows = []
    for i, folder in enumerate(folders):
        grain = grain_of(i, len(folders), options.seed)
        rows.append(measure(pipeline, folder.name, read_known_case(folder).case, grain))
        print(rows[-1], flush=True)
    print(f"\n{summary(rows)}")


def summary(rows: Sequence[Row]) -> str:
    """The figures of all rows in a few lines."""
    plain, ratios = (np.array([row.ratios[k] for row in rows]) for k in (0, 1))
    held = ((ratios >= BOUNDS[0]) & (ratios <= BOUNDS[1])).sum()
    near = ((ratios >= AIM[0]) & (ratios <= AIM[1])).sum()
    touched = sum(row.added_to_clean > 0 for row in rows)
    return (
        f"noise inside over noise around: without {plain.mean():.2f}, with {ratios.mean():.2f} "
        f"({ratios.min():.2f} to {ratios.max():.2f}); {held} of {len(rows)} in {BOUNDS[0]} to {BOUNDS[1]}, "
        f"{near} in {AIM[0]} to {AIM[1]}; clean images touched: {touched}"
    )


if __name__ == "__main__":
    sys.exit(main())
