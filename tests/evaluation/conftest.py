"""A folder of drawn cases with known truth."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def cases(tmp_path: Path, scene: Callable[..., np.ndarray]) -> Path:
    """Two cases: "boxed" has expected.png and a box in index.json, "known" has truth.png and region.png."""
    for seed, name in enumerate(("boxed", "known")):
        folder = tmp_path / name
        folder.mkdir()
        reference = scene(100, 120, seed)
        truth = reference[10:90, 20:110]
        mask = np.zeros((80, 90), bool)
        mask[30:50, 40:60] = True
        region = np.zeros((100, 120), bool)
        region[40:60, 60:80] = True
        pictures = {"image": np.where(mask[..., None], 0, truth).astype(np.uint8), "mask": mask}
        pictures |= {"reference": reference, "truth" if name == "known" else "expected": truth}
        pictures |= {"region": region} if name == "known" else {}
        for kind, picture in pictures.items():
            Image.fromarray(picture).save(folder / f"{kind}.png")
    entries = [{"case": "boxed", "reference_box": [60, 40, 80, 60]}, {"case": "other"}]
    (tmp_path / "index.json").write_text(json.dumps(entries))
    return tmp_path
