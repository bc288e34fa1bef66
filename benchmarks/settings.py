"""What settings of refine do, on cases with known truth: a row for each combination.

Usage: python benchmarks/settings.py CASES --vary steps=1,2,4 [--vary guidance_scale=1,2] [--set NAME=VALUE]
                                     [--weights NAME|DIR] [--every N] [--device D]

CASES is as in parts.py. --vary gives a setting several values, --set one that all rows share; both name the
fields of artifix/config.py without their section. Every row goes on where confidence is low. PSNR [dB] and
SSIM are taken inside the mask.
"""

import argparse
import itertools
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from artifix.config import RefineConfig, override
from artifix.errors import ArtifixError
from artifix.evaluation.benchmark import mean, run
from artifix.evaluation.cases import case_folders, read_known_case
from artifix.network.device import choose_device, choose_dtype
from artifix.pretrained import load_pipeline

FIGURES = ("psnr", "ssim", "iou", "hit", "outside", "align_s", "sample_s")


def value_of(text: str) -> Any:
    """A TOML value."""
    return tomllib.loads(f"value = {text}")["value"]


def combinations(varied: Sequence[str], shared: Sequence[str]) -> list[dict[str, Any]]:
    """The settings of each row, from NAME=VALUE,... and NAME=VALUE."""
    common = {name: value_of(text) for name, _, text in (entry.partition("=") for entry in shared)}
    names = [entry.partition("=")[0] for entry in varied]
    values = [[value_of(v) for v in entry.partition("=")[2].split(",")] for entry in varied]
    return [common | dict(zip(names, row, strict=True)) for row in itertools.product(*values)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; returns an exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", type=Path)
    parser.add_argument("--vary", action="append", default=[], metavar="NAME=VALUE,...")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="shared")
    parser.add_argument("--weights")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--every", type=int, default=1, help="take every Nth case")
    options = parser.parse_args(arguments)
    device = choose_device(options.device)
    try:
        rows = [
            (settings, override(RefineConfig(), force=True, **settings))
            for settings in combinations(options.vary, options.shared)
        ]
        pipeline = load_pipeline(options.weights, device, choose_dtype("auto", device))
        cases = [read_known_case(folder) for folder in case_folders(options.cases)[:: options.every]]
    except ArtifixError as error:
        print(f"error: {error.problem}\n hint: {error.hint}", file=sys.stderr)
        return int(error.exit_code)
    print(f"{len(cases)} cases\n\n| settings | " + " | ".join(FIGURES) + " |", flush=True)
    print("|---" * (len(FIGURES) + 1) + "|")
    for settings, config in rows:
        scores = [run(pipeline, case, config)[0] for case in cases]
        told = ", ".join(f"{name} {value}" for name, value in settings.items())
        print(
            f"| {told} | " + " | ".join(f"{mean(scores, figure):.3f}" for figure in FIGURES) + " |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
