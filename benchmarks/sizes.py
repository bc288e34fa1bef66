"""What a repair costs by the size of the image: seconds and memory.

Usage: python benchmarks/sizes.py [CASE] [--sides 768 2048 4096 8192] [--threads 1] [--weights NAME|DIR]

CASE (examples/mug) holds image.png, mask.png and reference.png; image and mask are enlarged to each side, so
that the same share is masked. Every size runs in a process of its own, the model loaded: once at 768 px to
warm up, then once at its size. Seconds are of locating and refining; `files` are those of reading the inputs
and encoding the results besides. Memory is the largest resident set above that of the smallest side.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import cv2

from artifix.config import RefineConfig, RunConfig, override
from artifix.inputs.case import read_case

EXAMPLE = Path(__file__).parents[1] / "examples" / "mug"
WARM_PX = 768


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one size."""

    side_px: int
    seconds: float
    files_s: float
    peak_mib: float


def measure(case: Path, side_px: int, threads: int, weights: str | None) -> Cost:
    """Repair the case enlarged to a side, in this process."""
    import torch

    from artifix.outputs.encode import encode_png
    from artifix.repair.loading import load

    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    pipeline = load(override(RunConfig(), weights=weights) if weights else RunConfig()).pipeline
    config = override(RefineConfig(), force=True)
    with tempfile.TemporaryDirectory() as scratch:
        paths = {side: enlarged(case, side, Path(scratch)) for side in {WARM_PX, side_px}}
        pipeline.refine(read_case(*paths[WARM_PX]), config)
        start_s = time.perf_counter()
        known = read_case(*paths[side_px])
        read_s = time.perf_counter()
        result = pipeline.refine(known, config)
        refined_s = time.perf_counter()
        encode_png(result.refined, result.alpha)
        done_s = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Cost(side_px, refined_s - read_s, read_s - start_s + done_s - refined_s, peak)


def enlarged(case: Path, side_px: int, folder: Path) -> tuple[Path, Path, Path]:
    """Image and mask with a longer side of `side_px`, and the reference as it is."""
    paths = []
    for name, method in (("image", cv2.INTER_CUBIC), ("mask", cv2.INTER_NEAREST)):
        picture = cv2.imread(str(case / f"{name}.png"), cv2.IMREAD_UNCHANGED)
        scale = side_px / max(picture.shape[:2])
        path = folder / f"{name}-{side_px}.png"
        cv2.imwrite(str(path), cv2.resize(picture, None, fx=scale, fy=scale, interpolation=method))
        paths.append(path)
    return paths[0], paths[1], case / "reference.png"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("case", nargs="?", type=Path, default=EXAMPLE)
    parser.add_argument("--sides", nargs="+", type=int, default=[768, 2048, 4096, 8192])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--weights")
    options = parser.parse_args()
    print("| side [px] | seconds | over the first | files [s] | memory above the first [MiB] |")
    print("|---|---|---|---|---|")
    first: Cost | None = None
    for side_px in options.sides:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            job = (options.case, side_px, options.threads, options.weights)
            cost = pool.apply(measure, job)
        first = first or cost
        over, above = cost.seconds / first.seconds, cost.peak_mib - first.peak_mib
        told = f"{side_px} | {cost.seconds:.1f} | {over:.1f} | {cost.files_s:.1f} | {above:.0f}"
        print(f"| {told} |", flush=True)


if __name__ == "__main__":
    main()
