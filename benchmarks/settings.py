"""What settings of refine do, on cases with known truth: a row for each combination.

Usage: python benchmarks/settings.py CASES --vary steps=1,2,4 [--vary guidance_scale=1,2] [--set NAME=VALUE]
                                     [--weights NAME|DIR] [--every N] [--device D]

CASES is as in parts.py. --vary gives a setting several values, --set one that all rows share; both name the
fields of artifix/config.py without their section. Every row goes on where confidence is low. PSNR [dB] and
SSIM are taken inside the mask.
"""

import itertools
import sys
import tomllib
from collections.abc import Sequence
from typing import Any

from running import as_script, cases_of, head, parser_of, row, start

from artifix.config import RefineConfig, override
from artifix.evaluation.benchmark import mean, run

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


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = parser_of(__doc__)
    parser.add_argument("--vary", action="append", default=[], metavar="NAME=VALUE,...")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="shared")
    options = parser.parse_args(arguments)
    rows = [
        (settings, override(RefineConfig(), force=True, **settings))
        for settings in combinations(options.vary, options.shared)
    ]
    pipeline, cases = start(options), cases_of(options)
    print(f"{len(cases)} cases\n\n{head('settings', *FIGURES)}", flush=True)
    for settings, config in rows:
        scores = [run(pipeline, case, config)[0] for case in cases]
        told = ", ".join(f"{name} {value}" for name, value in settings.items())
        print(row(told, *(f"{mean(scores, figure):.3f}" for figure in FIGURES)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
