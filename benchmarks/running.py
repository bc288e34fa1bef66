"""How the benchmarks on folders of cases begin and end: options, pipeline, cases, refusals, tables."""

import argparse
import functools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from artifix.errors import ArtifixError
from artifix.evaluation.cases import KnownCase, case_folders, read_known_case
from artifix.network.device import choose_device, choose_dtype
from artifix.pipeline import RefineByAlignPipeline
from artifix.pretrained import load_pipeline

Main = Callable[[Sequence[str] | None], None]


def parser_of(description: str | None, sets: bool = False, every: bool = True) -> argparse.ArgumentParser:
    """The options that all of them have.

    Args:
        description: the module's docstring.
        sets: CASES may be several folders of cases.
        every: there is --every.
    """
    parser = plain_parser(description)
    parser.add_argument("cases", type=Path, nargs="+" if sets else None)
    add_network_options(parser)
    if every:
        parser.add_argument("--every", type=int, default=1, help="take every Nth case")
    return parser


def plain_parser(description: str | None) -> argparse.ArgumentParser:
    """One without options, which shows the module's docstring as it is."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """--weights and --device, which `start` reads."""
    parser.add_argument("--weights")
    parser.add_argument("--device", default="auto")


def start(options: argparse.Namespace) -> RefineByAlignPipeline:
    """The pipeline of --weights on --device."""
    device = choose_device(options.device)
    return load_pipeline(options.weights, device, choose_dtype("auto", device))


def every_nth(folder: Path, every: int) -> list[Path]:
    """Every Nth folder of a case below `folder`."""
    return case_folders(folder)[::every]


def evenly(folders: Sequence[Path], count: int) -> list[Path]:
    """`count` of the folders, the first and the last among them."""
    places = np.linspace(0, len(folders) - 1, min(count, len(folders)))
    return [folders[round(place)] for place in places]


def cases_of(options: argparse.Namespace) -> list[KnownCase]:
    """The cases of CASES and --every, read."""
    return [read_known_case(folder) for folder in every_nth(options.cases, options.every)]


def as_script(measure: Main) -> Callable[..., int]:
    """`measure`, whose refusals are printed; it returns an exit status."""

    @functools.wraps(measure)
    def main(arguments: Sequence[str] | None = None) -> int:
        try:
            measure(arguments)
        except ArtifixError as error:
            print(f"error: {error.problem}\n hint: {error.hint}", file=sys.stderr)
            return int(error.exit_code)
        return 0

    return main


def head(*columns: str) -> str:
    """The first two lines of a Markdown table."""
    return f"{row(*columns)}\n{'|---' * len(columns)}|"


def row(*cells: object) -> str:
    """A further line of it."""
    return f"| {' | '.join(map(str, cells))} |"
