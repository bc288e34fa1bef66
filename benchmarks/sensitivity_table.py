"""The rows of sensitivity.py, and what is told of them."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from artifix.errors import InputError
from artifix.tuning import known_of, tuned_rooms

REFINEMENT = "refinement"
HEAD = """# Numbers set by hand

Every number that was set by hand and that no user sets, with its unit, where it comes from and what it is
worth. The sources stand in the `tuning.py` of each room, from which `benchmarks/sensitivity.py --markdown`
makes this page: change them there.

"""
MEASURED = """Effects are of the number divided / multiplied by the factor of the run, on {cases} cases: the
mean and the largest change of PSNR inside the mask, and how many cases change at all; of stage 1 the largest
shift of the located part's centre, over the root of its area, and how many cases are decided otherwise. What
moved nothing here may matter on other cases, such as of a transparent reference, a soft mask or a grey image.
Numbers without an effect were not varied yet.

"""


@dataclass(frozen=True, slots=True)
class Row:
    """What one value of one number does."""

    room: str
    name: str
    value: str  # as it is
    tried: str
    cases: int
    moved: int  # cases that differ at all
    mean: float  # change of PSNR [dB]; of stage 1 the shift
    median: float  # of its size
    largest: float  # size
    flips: int  # cases that are decided otherwise
    failed: int  # cases that end in an error

    @property
    def told(self) -> str:
        """In words."""
        if not self.moved and not self.flips and not self.failed:
            return "moves nothing"
        what = (
            f"{self.mean:+.3f} dB, largest {self.largest:.2f} dB"
            if self.room == REFINEMENT
            else f"shift {self.median:.3f}, largest {self.largest:.2f}; {self.flips} decided otherwise"
        )
        failed = f"; {self.failed} fail" if self.failed else ""
        return f"{what}; {self.moved} of {self.cases} move{failed}"


def read_rows(path: Path) -> list[Row]:
    """The rows of a file that sensitivity.py wrote.

    Raises:
        InputError: it is none.
    """
    types = {each.name: each.type for each in fields(Row)}
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != [*types]:
            raise InputError(f"{path}: is no file of this benchmark", "name another one, or delete it")
        return [Row(**{name: types[name](text) for name, text in line.items()}) for line in reader]


def by_number(rows: Sequence[Row]) -> list[tuple[Row, ...]]:
    """The rows of each number together, the one that moves most first."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.room, row.name), []).append(row)
    return sorted((tuple(group) for group in groups.values()), key=_weight, reverse=True)


def _weight(group: Sequence[Row]) -> tuple[int, int, float, float]:
    """What numbers are ordered by: errors, decisions, then the mean effect and the largest."""
    return (
        max(row.failed for row in group),
        max(row.flips for row in group),
        max(abs(row.mean) for row in group),
        max(row.largest for row in group),
    )


def moves_nothing(group: Sequence[Row]) -> bool:
    """Whether no value of a number does anything."""
    return not any(row.moved or row.flips or row.failed for row in group)


def table(rows: Sequence[Row]) -> str:
    """A Markdown row for each value of each number by its effect, and what moved nothing."""
    groups = by_number(rows)
    lines = ["| room | number | value | tried | effect |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.room} | {row.name} | {row.value} | {row.tried} | {row.told} |"
        for group in groups
        if not moves_nothing(group)
        for row in group
    ]
    still = [f"{group[0].room}.{group[0].name}" for group in groups if moves_nothing(group)]
    return "\n".join(lines) + f"\n\nmoved nothing ({len(still)}): {', '.join(sorted(still)) or 'none'}\n"


def markdown(rows: Sequence[Row]) -> str:
    """The page of all numbers of all rooms, with what is known of their effects."""
    told = {(group[0].room, group[0].name): _effect(group) for group in by_number(rows)}
    lines = ["| room | number | value | unit | source | effect |", "|---|---|---|---|---|---|"]
    for room, name, value, unit, source in _numbers():
        lines.append(f"| {room} | `{name}` | {value} | {unit} | {source} | {told.get((room, name), '')} |")
    counts = sorted({row.cases for row in rows})
    measured = MEASURED.format(cases=" or ".join(map(str, counts))) if counts else ""
    return HEAD + measured + "\n".join(lines) + "\n"


def _numbers() -> Iterator[tuple[str, str, str, str, str]]:
    for room, module in tuned_rooms().items():
        numbers = getattr(module, room.upper())
        for name, known in known_of(numbers).items():
            value = getattr(numbers, name)
            parts = value if isinstance(value, tuple) else (value,)
            yield room, name, ", ".join(f"{part:.4g}" for part in parts), known.unit, known.source


def _effect(group: Sequence[Row]) -> str:
    if moves_nothing(group):
        return "none"
    sides = " / ".join(
        f"{row.mean:+.3f}" if row.room == REFINEMENT else f"{row.largest:.2f}" for row in group
    )
    moved = f"{max(row.moved for row in group)} of {group[0].cases}"
    failed = max(row.failed for row in group)
    ends = f"; {failed} fail" if failed else ""
    if group[0].room == REFINEMENT:
        largest = max(row.largest for row in group)
        return f"{sides} dB, largest {largest:.2f} dB; {moved}{ends}"
    return f"{sides}; {' / '.join(str(row.flips) for row in group)} decided otherwise; {moved}{ends}"
