"""Folders of cases with known truth."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from artifix.errors import InputError
from artifix.geometry import Box
from artifix.inputs.case import Case, read_case


@dataclass(frozen=True, slots=True, eq=False)
class KnownCase:
    """A case and what is known of its answer."""

    name: str
    case: Case
    truth: NDArray[np.uint8] | None  # (H, W, 3) the image without its artifact
    region: NDArray[np.bool_] | None  # (H_ref, W_ref) where the masked part lies in the reference


def case_folders(folder: Path) -> list[Path]:
    """Folders of single cases below `folder`: each holds image.png, mask.png and reference.png.

    Raises:
        InputError: there is none.
    """
    found = sorted(path.parent for path in folder.glob("*/mask.png"))
    if not found:
        raise InputError(
            f"{folder}: holds no cases", "a case is a folder with image.png, mask.png and reference.png"
        )
    return found


def read_known_case(folder: Path) -> KnownCase:
    """Read one case with truth.png (or expected.png) and region.png, where they exist.

    A `reference_box` [left, top, right, bottom] in the index.json beside the folder stands for a region.
    """
    case = read_case(folder / "image.png", folder / "mask.png", folder / "reference.png")
    truths = [path for name in ("truth", "expected") if (path := folder / f"{name}.png").is_file()]
    truth = np.asarray(Image.open(truths[0]).convert("RGB")) if truths else None
    return KnownCase(folder.name, case, truth, _region(folder, case.reference.rgb.shape[:2]))


def _region(folder: Path, shape: tuple[int, int]) -> NDArray[np.bool_] | None:
    if (folder / "region.png").is_file():
        return np.asarray(Image.open(folder / "region.png").convert("L")) > 127
    index = folder.parent / "index.json"
    for entry in json.loads(index.read_text(encoding="utf-8")) if index.is_file() else []:
        if entry["case"] == folder.name and "reference_box" in entry:
            region = np.zeros(shape, bool)
            region[Box(*entry["reference_box"]).slices()] = True
            return region
    return None
