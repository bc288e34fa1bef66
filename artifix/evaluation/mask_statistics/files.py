"""The files of the statistics of masks, encoded."""

from collections.abc import Mapping, Sequence
from typing import Any

from artifix import __version__
from artifix.evaluation.mask_statistics.charts import irregularity_chart, share_chart
from artifix.evaluation.mask_statistics.mask_sheet import Tile, mask_sheet
from artifix.evaluation.mask_statistics.measuring import BadMask, MeasuredMask
from artifix.evaluation.mask_statistics.summary import Summary, told
from artifix.outputs.encode import encodable, encode_csv, encode_json, encode_png
from artifix.outputs.save import RECORD

SHARES, IRREGULARITY, SHEET, TABLE = "shares.png", "irregularity.png", "masks.png", "masks.csv"
FILES = frozenset({SHARES, IRREGULARITY, SHEET, TABLE, RECORD})
COLUMNS = (
    "mask", "width", "height", "area_px", "share", "box_share", "parts", "holes", "largest_share",
    "compactness", "solidity", "at_border", "soft_share", "left", "top", "right", "bottom",
)  # fmt: skip


def statistics_record(
    summary: Summary, bad: Sequence[BadMask], settings: Mapping[str, Any], shown: Sequence[MeasuredMask]
) -> dict[str, Any]:
    """What record.json says; JSON-ready, the same for the same masks.

    Args:
        summary: of the masks.
        bad: those that were left out, with their reasons.
        settings: by which masks were read and drawn.
        shown: on the sheet, in its order.
    """
    return {
        "artifix": __version__,
        "command": "stats",
        "settings": dict(settings),
        **told(summary),
        "left_out": [{"mask": encodable(one.file.name), "problem": encodable(one.problem)} for one in bad],
        "shown": [encodable(one.file.name) for one in shown],
    }


def statistics_files(
    measured: Sequence[MeasuredMask], summary: Summary, tiles: Sequence[Tile], record: Mapping[str, Any]
) -> dict[str, bytes]:
    """The files by name; without a tile there is no masks.png.

    Args:
        measured: a row each of masks.csv.
        summary: of them.
        tiles: of the sheet.
        record: written as record.json.
    """
    files = {
        SHARES: share_chart(summary),
        IRREGULARITY: irregularity_chart(summary),
        TABLE: encode_csv(COLUMNS, map(_row, measured)),
        RECORD: encode_json(record),
    }
    return {**files, SHEET: encode_png(mask_sheet(tiles))} if tiles else files


def _row(one: MeasuredMask) -> list[object]:
    """The cells of `COLUMNS`; figures of form are empty where nothing is marked."""
    shape = one.shape
    cells: list[object] = [
        encodable(one.file.name), shape.width, shape.height, shape.area_px, shape.share, shape.box_share,
        shape.parts, shape.holes, shape.largest_share, shape.compactness, shape.solidity,
        int(shape.reaches_border), float(one.soft_share), *shape.box.as_tuple(),
    ]  # fmt: skip
    if shape.is_empty:
        formless = {"largest_share", "compactness", "solidity", "left", "top", "right", "bottom"}
        return ["" if name in formless else cell for name, cell in zip(COLUMNS, cells, strict=True)]
    return cells
