"""Weights on disk, found by name or by folder."""

import os
from pathlib import Path

from artifix.errors import WeightsError
from artifix.setting_names import setting
from artifix.weights.checksums import MODEL_NAME

DEFAULT_NAME = "artifix-small"
_PACKAGE = Path(__file__).resolve().parents[1]
# A checkout keeps them beside the package, a wheel inside it.
SEARCHED = (_PACKAGE.parent / "weights", _PACKAGE / "_weights")


def find_weights(name_or_folder: str | None) -> Path:
    """The folder of the weights called by name or by path.

    Order: the argument, ARTIFIX_WEIGHTS, the bundled default; a name is looked up among the bundled weights.

    Raises:
        WeightsError: nothing is there.
    """
    wanted = name_or_folder or os.environ.get("ARTIFIX_WEIGHTS") or DEFAULT_NAME
    folders = [Path(wanted), *(place / wanted for place in SEARCHED)]
    for folder in folders:
        if (folder / MODEL_NAME).is_file():
            return folder
    if folders[0].exists():
        raise WeightsError(
            f"{wanted}: holds no model_index.json",
            "name a folder that artifix train or save_pretrained wrote",
        )
    known = ", ".join(bundled_names()) or "none"
    raise WeightsError(
        f"{wanted}: no such weights; bundled are: {known}", f"pass {setting('weights', 'NAME')} or a folder"
    )


def bundled_names() -> list[str]:
    """Names of the weights that came with this installation."""
    return sorted({path.parent.name for place in SEARCHED for path in place.glob(f"*/{MODEL_NAME}")})
