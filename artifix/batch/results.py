"""What a batch leaves besides the folders of its rows: the same files for the same rows, whoever did them."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from artifix.batch.plan import ROWS, Planned
from artifix.outputs.report import ReportRow, write_report
from artifix.outputs.save import THUMBNAIL
from artifix.repair.summary import coarse_note
from artifix.writing import as_output_error, write_file

COLUMNS = (
    "id", "status", "confidence", "repair_confidence", "placed", "coarseness", "mirrored", "source",
    "reference", "seed", "folder", "exit_code", "problem", "hint", "note", "image", "mask", "references",
)  # fmt: skip
RESULTS_CSV, RESULTS_JSONL, REPORT = "results.csv", "results.jsonl", "report.html"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Result:
    """How a row stands."""

    planned: Planned
    entry: Mapping[str, Any] | None  # the latest of the journal, if it is of this very row

    @property
    def status(self) -> str:
        """done, failed or pending."""
        return "pending" if self.entry is None else str(self.entry["status"])

    def told(self) -> dict[str, Any]:
        """By the names of `COLUMNS`, what there is; nothing of times, which differ from run to run."""
        entry = self.entry or {}
        row_id = self.planned.row.id
        written = self.planned.row.written
        told = {"id": row_id, "status": self.status, "seed": self.planned.task.config.seed}
        told |= {
            "image": written["image"],
            "mask": written.get("mask", ""),
            "references": written["reference"],
        }
        if self.status == "done":
            told["folder"] = f"{ROWS}/{row_id}"
        return told | {name: entry[name] for name in COLUMNS if name in entry}


def results_of(
    planned: Sequence[Planned], entries: Mapping[str, Mapping[str, Any]], out: Path
) -> list[Result]:
    """How every row of a manifest stands, by the journals' latest entries."""
    return [Result(one, _standing(one, entries.get(one.row.id), out)) for one in planned]


def write_results(out: Path, results: Sequence[Result], title: str, facts: Mapping[str, str]) -> None:
    """Write results.csv, results.jsonl and report.html, each whole or not at all.

    Args:
        out: the batch's folder.
        results: of all rows, in the manifest's order.
        title: of the report.
        facts: told at its top.

    Raises:
        OutputError: the disk refuses.
    """
    writers: dict[str, Callable[[BinaryIO], None]] = {
        RESULTS_CSV: lambda stream: _write_csv(stream, results),
        RESULTS_JSONL: lambda stream: _write_jsonl(stream, results),
        REPORT: lambda stream: write_report(stream, title, facts, _report_rows(out, results)),
    }
    for name, write in writers.items():
        with as_output_error(out / name):
            write_file(out / name, write)


def safe_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula: such text gets an apostrophe in front."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value).replace("\0", "")
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA_STARTS) else text


def _standing(one: Planned, entry: Mapping[str, Any] | None, out: Path) -> Mapping[str, Any] | None:
    """The entry, if it is of this very row and its results are there."""
    if entry is None or entry["fingerprint"] != one.fingerprint:
        return None
    return entry if entry["status"] == "failed" or one.is_done(out, entry) else None


def _write_csv(stream: BinaryIO, results: Sequence[Result]) -> None:
    text = io.TextIOWrapper(stream, "utf-8", "backslashreplace", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for result in results:
        told = result.told()
        writer.writerow([safe_cell(told.get(name)) for name in COLUMNS])
    text.detach()  # flushed, and the stream left open


def _write_jsonl(stream: BinaryIO, results: Sequence[Result]) -> None:
    for result in results:
        stream.write((json.dumps(result.told(), sort_keys=True) + "\n").encode())


def _report_rows(out: Path, results: Sequence[Result]) -> Iterator[ReportRow]:
    for result in results:
        if result.status == "pending":
            continue
        told = result.told()
        folder = told.get("folder", "")
        thumbnail = out / folder / THUMBNAIL
        strip = thumbnail.read_bytes() if folder and thumbnail.is_file() else None
        yield ReportRow(
            told["id"],
            told["status"],
            told.get("confidence"),
            told.get("problem", ""),
            folder,
            strip,
            told.get("placed", ""),
            told.get("repair_confidence"),
            _note(told),
        )


def _note(told: Mapping[str, Any]) -> str:
    """What else is worth knowing of a row."""
    mirrored = "the reference is mirrored" if told.get("mirrored") else ""
    return "; ".join(filter(None, [mirrored, coarse_note(told.get("coarseness")), told.get("note")]))
