"""Are references that show the part mirrored noticed, refused, and repaired after where that is allowed?

Usage: python benchmarks/mirrors.py CASES [CASES ...] [--count 20] [--weights NAME|DIR] [--device D]

Every set is a folder of cases, as for benchmarks/levers.py; of each, COUNT are taken evenly. A case's
reference is mirrored from left to right and its known region with it. Without --allow-mirror that is to be
refused, and for being mirrored; with it the part is to be found, as mirrored, in the mirrored region. As a
control every case is located in its reference as it is too, which is never to be taken for mirrored.
`structure` (artifix/evaluation/metrics.py) is that of the repairs after either, over the cases repaired
after both.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from running import as_script, evenly, parser_of, row, start

from artifix.alignment.locate_result import LocateResult
from artifix.config import RefineConfig, override
from artifix.errors import NoMatchError
from artifix.evaluation import metrics
from artifix.evaluation.cases import KnownCase, case_folders, read_known_case
from artifix.inputs.images import Picture
from artifix.pipeline import RefineByAlignPipeline

SHIPPED = RefineConfig()
ALLOWED = override(SHIPPED, allow_mirror=True)
WORD = "mirrored"  # in a refusal that comes of nothing else


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one case."""

    name: str
    refusal: str  # of the mirrored reference by the default settings; "" where it was used
    is_noticed: bool  # the mirrored reference was taken for mirrored
    is_used: bool  # ... and used, with --allow-mirror
    hit: float  # of the region found in it, 0 or 1; nan where none is known
    structure: float  # of the repair after it, with --allow-mirror; nan where refused, or no truth is known
    plain_structure: float  # the same of the reference as it is
    is_mistaken: bool  # the reference as it is was taken for mirrored

    @property
    def is_refused_as_mirrored(self) -> bool:
        return WORD in self.refusal

    @property
    def is_right(self) -> bool:
        """Used, as mirrored, and not known to be in a wrong place."""
        return self.is_used and self.is_noticed and self.hit != 0


def mirrored(known: KnownCase) -> KnownCase:
    """The case with its reference and what is known of it mirrored from left to right."""
    reference = _mirrored_picture(known.case.reference)
    region = None if known.region is None else _flipped(known.region)
    return replace(known, case=replace(known.case, reference=reference), region=region)


def _mirrored_picture(picture: Picture) -> Picture:
    alpha = None if picture.alpha is None else _flipped(picture.alpha)
    return replace(picture, rgb=_flipped(picture.rgb), pixels=_flipped(picture.pixels), alpha=alpha)


def _flipped(samples: NDArray) -> NDArray:
    return np.ascontiguousarray(np.fliplr(samples))


def refusal_in(located: LocateResult, config: RefineConfig) -> str:
    """Why `refine` refuses to repair after this match; empty where it does not."""
    try:
        located.check_for_repair(config.alignment)
    except NoMatchError as error:
        return error.problem
    return ""


def measure(pipeline: RefineByAlignPipeline, known: KnownCase) -> Row:
    """Locate and repair one case after its reference as it is, and mirrored."""
    turned = mirrored(known)
    plain, found = (pipeline.search(each.case, SHIPPED) for each in (known, turned))
    region = np.logical_or.reduce([alignment.region for alignment in found.alignments])
    return Row(
        name=known.name,
        refusal=refusal_in(found, SHIPPED),
        is_noticed=_is_mirrored(found),
        is_used=not refusal_in(found, ALLOWED),
        hit=float("nan") if turned.region is None else float(metrics.pointing_hit(region, turned.region)),
        structure=_structure(pipeline, turned, found, ALLOWED),
        plain_structure=_structure(pipeline, known, plain, SHIPPED),
        is_mistaken=_is_mirrored(plain),
    )


def _is_mirrored(located: LocateResult) -> bool:
    return any(alignment.mirrored for alignment in located.alignments)


def _structure(
    pipeline: RefineByAlignPipeline, known: KnownCase, located: LocateResult, config: RefineConfig
) -> float:
    if known.truth is None or refusal_in(located, config):
        return float("nan")
    refined = pipeline.refine(known.case, config, located=located).refined
    return metrics.structure_and_colour(refined, known.truth, known.case.mask)[0]


def told(row: Row) -> str:
    """One line for a person who waits."""
    what = "refused as mirrored" if row.is_refused_as_mirrored else row.refusal or "not noticed, and used"
    mistaken = "; AS IT IS TAKEN FOR MIRRORED" if row.is_mistaken else ""
    return (
        f"{row.name}: {what}; allowed: {'right' if row.is_right else 'not right'}, "
        f"structure {row.structure:.3f}, as it is {row.plain_structure:.3f}{mistaken}"
    )


HEAD = (
    "| set (cases) | refused as mirrored | refused otherwise | not noticed, and used | allowed: used rightly "
    "| structure, mirrored / as it is | as they are, taken for mirrored |\n" + "|---" * 7 + "|"
)


def summary(name: str, rows: Sequence[Row]) -> str:
    """The Markdown row of one set."""
    pairs = np.array([(row.structure, row.plain_structure) for row in rows])
    pairs = pairs[np.isfinite(pairs).all(1)]
    cells = [
        f"{name} ({len(rows)})",
        sum(row.is_refused_as_mirrored for row in rows),
        sum(bool(row.refusal) and not row.is_refused_as_mirrored for row in rows),
        sum(not row.refusal for row in rows),
        sum(row.is_right for row in rows),
        " / ".join(f"{figure:.3f}" for figure in pairs.mean(0)) + f" ({len(pairs)})" if len(pairs) else "",
        sum(row.is_mistaken for row in rows),
    ]
    return row(*cells)


@as_script
def main(arguments: Sequence[str] | None = None) -> None:
    """Count and print the table."""
    parser = parser_of(__doc__, sets=True, every=False)
    parser.add_argument("--count", type=int, default=20)
    options = parser.parse_args(arguments)
    lines = [HEAD]
    sets = {folder: evenly(case_folders(folder), options.count) for folder in options.cases}
    pipeline = start(options)
    for folder, chosen in sets.items():
        rows = []
        for case in chosen:
            rows.append(measure(pipeline, read_known_case(case)))
            print(told(rows[-1]), file=sys.stderr, flush=True)
        lines.append(summary(folder.resolve().name, rows))
    print("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
