"""Write the tables of runs of `artifix bench`, of robustness.py and of `artifix ablate` into a page of docs.

Usage: python benchmarks/write_results.py RUNS PAGE

RUNS is the folder of `make results`: RUNS/<set>/results.json and tables.md of each set, RUNS/robustness.md,
and RUNS/grid/record.json, each if it is there. In PAGE what stands between the lines <!-- results: begin -->
and <!-- results: end --> is replaced; they are added at its end where they are missing.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from running import as_script, head, plain_parser, row

from artifix.errors import InputError
from artifix.writing import write_file

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
PAPER_MIOU, PAPER_BOX_MIOU = 0.53, 0.56  # of the best cell of the grid, its network on its own images (A.1)


def sections_of(runs: Path) -> list[str]:
    """What is known of each measurement, as Markdown.

    Raises:
        InputError: the folder holds none, or a file of one cannot be read.
    """
    found = [_bench(path.parent) for path in sorted(runs.glob("*/results.json"))]
    robustness, grid = runs / "robustness.md", runs / "grid" / "record.json"
    if robustness.is_file():
        found.append(f"### Robustness (A.9)\n\n{robustness.read_text(encoding='utf-8').strip()}")
    if grid.is_file():
        found.append(_grid(_read(grid)))
    if not found:
        raise InputError(f"{runs}: holds no results", "make them by: make results CASES=DIR")
    return found


def _bench(run: Path) -> str:
    told = _read(run / "results.json")
    tables = (run / "tables.md").read_text(encoding="utf-8").split("\n\n", 1)[1]
    lowered = tables.replace("## ", "#### ")
    count = sum(told["tasks"].values())
    return f"### {run.name}: {count} cases\n\n{lowered.strip()}"


def _grid(told: dict[str, Any]) -> str:
    chosen, count = told["chosen"], len(told["cases"])
    lines = [
        head("", "timestep", "layer", "mIoU, mask", "mIoU, box"),
        row(
            f"now, {count} cases",
            chosen["timestep"],
            f"`{chosen['layer']}`",
            f"{chosen['miou']:.3f}",
            f"{chosen['box_miou']:.3f}",
        ),
        row("the paper, its network on its own images", "", "", f"{PAPER_MIOU:.2f}", f"{PAPER_BOX_MIOU:.2f}"),
    ]
    return "### Layers and timesteps (A.1)\n\nThe best cell of the grid.\n\n" + "\n".join(lines)


def replaced(page: str, sections: Sequence[str]) -> str:
    """The page with new sections between the two lines."""
    inner = "\n\n".join([BEGIN, *sections, END])
    if BEGIN not in page or END not in page:
        return f"{page.rstrip()}\n\n{inner}\n"
    before, after = page.split(BEGIN, 1)[0], page.split(END, 1)[1]
    return before + inner + after


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}", "make it anew") from error


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Read the runs, and write the page."""
    parser = plain_parser(__doc__)
    parser.add_argument("runs", type=Path)
    parser.add_argument("page", type=Path)
    options = parser.parse_args(arguments)
    sections = sections_of(options.runs)
    page = options.page.read_text(encoding="utf-8") if options.page.is_file() else ""
    data = replaced(page, sections).encode()
    write_file(options.page, lambda stream: stream.write(data))
    print(f"{options.page}: {len(sections)} sections")


if __name__ == "__main__":
    sys.exit(main())
