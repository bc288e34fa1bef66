"""Which class a folder of weights is of, and which parts it has to have; model_index.json is not trusted."""

import re
from pathlib import Path
from typing import Any

from artifix.errors import WeightsError
from artifix.weights.checksums import MODEL_NAME
from artifix.weights.json_files import REMEDY, read_table

OWN = "RefineByAlignPipeline"
DINOV2 = "Dinov2Model"  # a folder of transformers, without a model_index.json
_SD_TENSORS, _SD_OTHERS = ("unet", "vae", "text_encoder"), ("scheduler", "tokenizer")
_KLEIN = ("transformer", "vae", "text_encoder"), ("scheduler", "tokenizer")
# By class: parts that have tensors, and parts that have only settings.
_PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    OWN: (("unet", "image_encoder", "projection"), ("scheduler",)),
    "Flux2KleinPipeline": _KLEIN,
    "Flux2KleinInpaintPipeline": _KLEIN,
    "StableDiffusionInpaintPipeline": (_SD_TENSORS, _SD_OTHERS),
    "StableDiffusionXLInpaintPipeline": (
        (*_SD_TENSORS, "text_encoder_2"),
        (*_SD_OTHERS, "tokenizer_2"),
    ),
}
_LIBRARIES = ("diffusers", "transformers")
# Classes of other modules, each by its place: artifix's own, and one that diffusers names in its own way.
_OTHERS = {
    ("artifix.network.codec", "PixelCodec"),
    ("artifix.network.detail", "DetailEncoder"),
    ("artifix.network.projection", "Projection"),
    ("stable_diffusion", "StableDiffusionSafetyChecker"),
}
# Named by public weights that come without them; who loads those leaves them out.
_SPARED = {"feature_extractor", "safety_checker"}
_PART = re.compile(r"[a-z][a-z0-9_]*")
_CLASS = re.compile(r"[A-Z][A-Za-z0-9_]*")


def class_of(folder: Path) -> str:
    """The class of the weights in a folder, one of those that artifix loads.

    Raises:
        WeightsError: it does not say, or is of another class.
    """
    if not (folder / MODEL_NAME).exists():
        return _class_of_bare(folder)
    found = read_table(folder / MODEL_NAME).get("_class_name")
    if not isinstance(found, str) or found not in _PARTS:
        raise WeightsError(
            f"{folder / MODEL_NAME}: is of class {str(found)[:80]}, expected one of {', '.join(_PARTS)}",
            "name weights of one of these classes",
        )
    return found


def require_parts(folder: Path) -> None:
    """Refuse weights that lack a part of their class, or name parts that are none of it.

    Raises:
        WeightsError: names the part and what is wrong with it.
    """
    found = class_of(folder)
    if found == DINOV2:
        _require_tensors(folder)
        return
    parts = _named_parts(folder / MODEL_NAME)
    tensors, others = _PARTS[found]
    for part in (*tensors, *others):
        if part not in parts:
            raise WeightsError(f"{folder / MODEL_NAME}: names no {part}, which {found} needs", REMEDY)
    for part in sorted(parts - _SPARED):
        if not (folder / part).is_dir():
            raise WeightsError(f"{folder / part}: is missing", "copy the whole folder of the weights")
    for part in tensors:
        _require_tensors(folder / part)


def _class_of_bare(folder: Path) -> str:
    path = folder / "config.json"
    if not path.exists():
        raise WeightsError(
            f"{folder}: holds no {MODEL_NAME}", "name a folder that artifix train or save_pretrained wrote"
        )
    if (found := read_table(path).get("model_type")) != "dinov2":
        raise WeightsError(
            f"{path}: is of model type {str(found)[:80]}, expected dinov2; and there is no {MODEL_NAME}",
            "name the folder of a Dinov2Model, or of a whole pipeline",
        )
    return DINOV2


def _require_tensors(part: Path) -> None:
    if not any(path.is_file() for path in part.glob("*.safetensors")):
        raise WeightsError(f"{part}: holds no .safetensors file", "copy the whole folder of the weights")
    if not (part / "config.json").is_file():
        raise WeightsError(f"{part / 'config.json'}: is missing", "copy the whole folder of the weights")


def _named_parts(path: Path) -> set[str]:
    """The parts of which model_index.json says where their class is, all of them known ones."""
    parts = set()
    for name, value in read_table(path).items():
        if name.startswith("_") or not _is_class(value):
            continue
        if not _PART.fullmatch(name):
            raise WeightsError(f"{path}: {name[:80]!r} is no name of a part", REMEDY)
        if value != [None, None]:
            _require_known(path, name, *value)
            parts.add(name)
    return parts


def _is_class(value: Any) -> bool:
    """Whether diffusers would take this for a part: two entries of which not both are numbers."""
    return isinstance(value, list) and len(value) == 2 and not all(type(v) in (int, float) for v in value)


def _require_known(path: Path, name: str, library: Any, kind: Any) -> None:
    said = f"{path}: {name}: {str(kind)[:80]} of {str(library)[:80]}"
    if not isinstance(library, str) or not isinstance(kind, str):
        raise WeightsError(f"{said} is no class", REMEDY)
    if (library, kind) in _OTHERS:
        return
    if library not in _LIBRARIES:
        raise WeightsError(
            f"{said} is none of {' and '.join(_LIBRARIES)}", "artifix runs no code that comes with weights"
        )
    if not _CLASS.fullmatch(kind) or kind.endswith("Pipeline"):
        raise WeightsError(f"{said} is no class of a part", REMEDY)
