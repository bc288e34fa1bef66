"""The classes of pipelines that weights may be, and the parts each must hold."""

import json
from pathlib import Path

from artifix.errors import WeightsError
from artifix.weights.checksums import MODEL_NAME

OWN = "RefineByAlignPipeline"
# Parts whose tensors are needed, by class. Text encoders are needed once, until their prompt is embedded.
PARTS = {
    OWN: ("unet", "image_encoder", "projection"),
    "Flux2KleinPipeline": ("transformer", "vae"),
    "Flux2KleinInpaintPipeline": ("transformer", "vae"),
    "StableDiffusionInpaintPipeline": ("unet", "vae"),
    "StableDiffusionXLInpaintPipeline": ("unet", "vae"),
}


def class_of(folder: Path) -> str:
    """The class of the pipeline that a folder holds.

    Raises:
        WeightsError: its model_index.json cannot be read, or names a class that artifix does not know.
    """
    path = folder / MODEL_NAME
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path}: cannot be read: {error}", "copy the whole folder again") from error
    name = values.get("_class_name") if isinstance(values, dict) else None
    if not isinstance(name, str) or name not in PARTS:
        raise WeightsError(f"{path}: is of class {name}", f"artifix runs: {', '.join(PARTS)}")
    return name
