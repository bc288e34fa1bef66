"""Text in pictures, letter by letter, as RapidOCR reads it; its networks come with its wheel."""

import functools
import importlib.util
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.errors import InputError
from artifix.geometry import resize

INSTALL = 'pip install "artifix[ocr]"'
READ_PX, MOST_PX = 480, 1024  # longer side that small pictures are brought to, and that large ones keep
MOST_ENLARGED = 8.0  # times
TURNS = (0, 2)  # quarters; what stands upright in a tall box, RapidOCR turns by one itself
SURE, SURE_LETTERS = 0.95, 3  # so many letters of this mean confidence stand upright; upside down reach 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Text that stands in one line.

    Attributes:
        letters: small Latin letters without accents, letters of other scripts, and digits; nothing else.
        places: (N, 2) their centres (x, y) in pixels of the picture.
        confidence: of the reader, in [0, 1].
        height: of its box [px of the picture].
    """

    letters: str
    places: NDArray[np.float64]
    confidence: float
    height: float

    def within(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(N,) whether the centre of each letter lies in (H, W) `mask`."""
        column, row = np.round(self.places).astype(np.intp).T
        inside = (column >= 0) & (row >= 0) & (column < mask.shape[1]) & (row < mask.shape[0])
        return inside & mask[row.clip(0, mask.shape[0] - 1), column.clip(0, mask.shape[1] - 1)]


def require_reader() -> None:
    """Raise InputError where RapidOCR, its engine, or the networks of its wheel are not installed."""
    if lacking := [name for name in ("rapidocr", "onnxruntime") if importlib.util.find_spec(name) is None]:
        raise InputError(f"ocr: needs {lacking[0]}, which is not installed", INSTALL)
    _models()


def normalised(text: str) -> str:
    """The letters and digits of a text, small, without accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def read_lines(picture: NDArray[np.uint8]) -> list[Line]:
    """The text of an (h, w, 3) RGB picture, line by line in the order of reading.

    It is read as it is, which copes with tilts, and where that gives nothing sure upside down too; the
    reading with the largest sum of the letters' confidences is kept.
    """
    longer = max(picture.shape[:2])
    scale = min(max(READ_PX / longer, 1.0), MOST_ENLARGED, MOST_PX / longer)
    size = tuple(max(1, round(side * scale)) for side in picture.shape[:2])
    enlarged = resize(picture, (size[0], size[1]))
    best: list[Line] = []
    for quarters in TURNS:
        found = _read(enlarged, quarters, picture.shape[1] / size[1])
        if _trust(found) > _trust(best):
            best = found
        letters = sum(len(line.letters) for line in best)
        is_sure = letters >= SURE_LETTERS and _trust(best) >= SURE * letters
        if is_sure or not found:  # text is seen upside down where it is seen upright
            break
    return best


def _trust(lines: list[Line]) -> float:
    return sum(line.confidence * len(line.letters) for line in lines)


def _read(picture: NDArray[np.uint8], quarters: int, per_pixel: float) -> list[Line]:
    """Lines of a picture read after so many quarter turns, their places as in the picture upright.

    Args:
        picture: (h, w, 3) RGB, enlarged.
        quarters: turns against the clock.
        per_pixel: pixels of the picture for each one of the enlarged one.
    """
    turned = np.ascontiguousarray(np.rot90(picture, quarters))
    said = _reader()(
        cv2.cvtColor(turned, cv2.COLOR_RGB2BGR),
        use_cls=False,
        return_word_box=True,
        return_single_char_box=True,
    )
    if said.boxes is None or said.txts is None:
        return []
    lines = []
    for box, letters, confidence in zip(said.boxes, said.word_results, said.scores, strict=True):
        told = [(one, np.mean(quad, 0)) for text, _, quad in letters for one in normalised(text)]
        if told:
            places = _upright(np.array([place for _, place in told], np.float64), quarters, picture.shape)
            height = float(np.linalg.norm(np.subtract(box[3], box[0])))
            text = "".join(one for one, _ in told)
            lines.append(Line(text, (places + 0.5) * per_pixel - 0.5, float(confidence), height * per_pixel))
    return in_reading_order(lines)


def _upright(places: NDArray[np.float64], quarters: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """(N, 2) places (x, y) in a picture of `shape`, of those in the picture turned by `np.rot90`."""
    height, width = shape[:2]
    x, y = places.T
    back = ((x, y), (width - 1 - y, x), (width - 1 - x, height - 1 - y), (y, height - 1 - x))[quarters]
    return np.column_stack(back)


def in_reading_order(lines: list[Line]) -> list[Line]:
    """Lines by rows, and in a row one after the other, along the way that the longest is written."""
    if len(lines) < 2:
        return lines
    longest = max(lines, key=lambda line: len(line.letters))
    along = longest.places[-1] - longest.places[0]
    if not along.any():
        along = np.array([1.0, 0.0])
    along = along / np.linalg.norm(along)
    across = np.array([-along[1], along[0]])
    middles = [line.places.mean(0) for line in lines]
    by_row = sorted(range(len(lines)), key=lambda i: float(middles[i] @ across))
    rows = [[by_row[0]]]
    for i in by_row[1:]:
        before = rows[-1][-1]
        apart = float((middles[i] - middles[before]) @ across)
        if apart > min(lines[i].height, lines[before].height) / 2:
            rows.append([])
        rows[-1].append(i)
    return [lines[i] for row in rows for i in sorted(row, key=lambda i: float(middles[i] @ along))]


def _models() -> dict[str, Path]:
    """The networks that come with the wheel: named, so that RapidOCR fetches none.

    Raises:
        InputError: one is missing.
    """
    spec = importlib.util.find_spec("rapidocr")
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    folder = Path(places[0] if places else "rapidocr", "models")
    found = {}
    for part in ("det", "rec", "cls"):
        names = sorted(path for path in folder.glob("*.onnx") if f"_{part}_" in path.name)
        if not names:
            raise InputError(
                f"ocr: {folder}: holds no network {part}", f"{INSTALL}, of a version that brings it"
            )
        found[part] = names[0]
    return found


@functools.cache
def _reader() -> Any:
    """RapidOCR with the networks of its wheel, loaded once a process."""
    from rapidocr import RapidOCR

    models = {f"{part.capitalize()}.model_path": str(path) for part, path in _models().items()}
    # Pictures come in the size they are to be read in.
    sizes = {"Det.limit_type": "max", "Det.limit_side_len": MOST_PX}
    return RapidOCR(params={"Global.log_level": "critical", **models, **sizes})
