"""Repair every example into a folder of its own, the weights loaded once.

Usage: python examples/run.py [--out DIR] [--only NAME ...]
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from artifix.config import RefineConfig, RunConfig
from artifix.errors import ArtifixError
from artifix.inputs.case import Case
from artifix.inputs.images import read_picture
from artifix.inputs.reading import read_inputs
from artifix.inputs.request import Request
from artifix.outputs.save import check_output, save_result
from artifix.repair.case import repair_case
from artifix.repair.loading import Loaded, load

EXAMPLES = Path(__file__).resolve().parent


def main() -> int:
    """Run the examples that the command line names; returns 1 if one failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("demo-output"), help="default: %(default)s")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="default: every example")
    options = parser.parse_args()
    folders = [path.parent for path in sorted(EXAMPLES.glob("*/image.png"))]
    chosen = [folder for folder in folders if not options.only or folder.name in options.only]
    if not chosen:
        print(f"no example is called so; there are: {', '.join(folder.name for folder in folders) or 'none'}")
        return 1
    started_s = time.perf_counter()
    loaded = load(RunConfig(), print)
    failed = sum(not run(folder, options.out / folder.name, loaded) for folder in chosen)
    print(f"\n{len(chosen)} examples in {time.perf_counter() - started_s:.0f} s, {failed} failed")
    first = options.out / chosen[0].name / "overview.png"
    print(f"the pictures are in {options.out.resolve()}; begin with {first}")
    return int(failed > 0)


def run(example: Path, folder: Path, loaded: Loaded) -> bool:
    """Repair one example and say how near the result is to the expected one; whether that worked."""
    started_s = time.perf_counter()
    try:
        files = (example / f"{name}.png" for name in ("image", "mask", "reference"))
        image, mask, reference = files
        inputs = read_inputs(Request(image, mask, (reference,)))
        check_output(folder, overwrite=True, inputs=inputs.paths)
        repaired = repair_case(loaded, inputs, RefineConfig(), started_s=started_s)
        save_result(folder, repaired.files, overwrite=True, inputs=inputs.paths)
        expected = read_picture(example / "expected.png").pixels
    except ArtifixError as error:
        print(f"{example.name}: failed: {error.problem}; {error.hint}")
        return False
    case = inputs.cases[0]
    before, after = (
        psnr_db(pixels, expected, case) for pixels in (case.image.pixels, repaired.result.refined)
    )
    print(
        f"{example.name}: {time.perf_counter() - started_s:.1f} s, "
        f"PSNR in the mask {before:.1f} -> {after:.1f} dB, {folder / 'overview.png'}",
        flush=True,
    )
    return True


def psnr_db(pixels: NDArray[np.uint8], expected: NDArray[np.uint8], case: Case) -> float:
    """How near 8-bit `pixels` are to `expected` in the mask of `case`; higher is nearer."""
    error = (pixels[case.mask].astype(np.float64) - expected[case.mask]) / 255
    return float(-10 * np.log10(max((error**2).mean(), 1e-10)))


if __name__ == "__main__":
    sys.exit(main())
