"""The report of a batch: one page that needs nothing but itself, written row by row."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import Template
from typing import Any, BinaryIO
from urllib.parse import quote

from artifix.outputs.page import as_html, house_style, json_block, page_head, page_part

STATUSES = ("done", "failed")


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One case of a batch. Its texts may be any: what they hold is shown, never followed.

    Raises:
        ValueError: the status is none of `STATUSES`, or a confidence is no number in [0, 1].
    """

    id: str  # of the row, unique
    status: str  # one of STATUSES
    confidence: float | None  # that the place of the weakest part is right, in [0, 1]; None where it failed
    problem: str  # why it failed; "" where it did not
    folder: str  # of the row's results, relative to the page, with "/" between its parts; "" if there is none
    strip: bytes | None  # JPEG of `encode_strip`
    placed: str = ""  # how the reference is placed over the weakest part; "" where that is not known
    repair_confidence: float | None = None  # that the repair is good, in [0, 1]; None where that is not known
    note: str = ""  # what else is worth knowing

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"row {self.id!r}: status is {self.status!r}, not {' or '.join(STATUSES)}")
        for name in ("confidence", "repair_confidence"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ValueError(f"row {self.id!r}: {name} is {value}, not in [0, 1]")


def write_report(stream: BinaryIO, title: str, facts: Mapping[str, str], rows: Iterable[ReportRow]) -> None:
    """Write the page; the same bytes for the same arguments.

    The page loads nothing, sends nothing, and runs no script but its own: its policy allows no more.

    Args:
        stream: takes ASCII bytes of HTML. Each row is written before the next is asked for.
        title: of the page.
        facts: names and values, shown on top in their order.
        rows: in the order in which they are shown at first.
    """
    style, script = (
        house_style() + page_part("artifix.outputs", "report.css"),
        page_part("artifix.outputs", "report.js"),
    )
    # The template is cut before it is filled in, where no text of others can stand for the mark.
    before, _, after = page_part("artifix.outputs", "report.html").partition("$rows")
    top = Template(before).substitute(title=as_html(title), facts=_facts(facts))
    stream.write((page_head(title, style, script) + top).encode("ascii"))
    for row in rows:
        stream.write(_block(row).encode("ascii"))
    stream.write(Template(after).substitute(script=script).encode("ascii"))


def _facts(facts: Mapping[str, str]) -> str:
    return "".join(
        f"<div><dt>{as_html(name)}</dt><dd>{as_html(value)}</dd></div>" for name, value in facts.items()
    )


def _block(row: ReportRow) -> str:
    content: dict[str, Any] = {
        "id": row.id,
        "status": row.status,
        "confidence": _rounded(row.confidence),
        "repair_confidence": _rounded(row.repair_confidence),
        "placed": row.placed,
        "problem": row.problem,
        "note": row.note,
        "link": _link(row.folder),
        "strip": None if row.strip is None else base64.b64encode(row.strip).decode(),
    }
    return json_block(content, "case")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def _link(folder: str) -> str:
    """The folder as a relative address, "" if there is none.

    "./" keeps a first part with ":" from being a scheme, and "//" from being a host.
    """
    return f"./{quote(_path_bytes(folder)).rstrip('/')}" if folder else ""


def _path_bytes(path: str) -> bytes:
    try:
        return path.encode("utf-8", "surrogateescape")  # the bytes of a name that is no UTF-8
    except UnicodeEncodeError:
        return path.encode("utf-8", "surrogatepass")
