"""From a run to weights that the pipeline loads."""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import ConfigMixin
from safetensors import SafetensorError

from artifix.alignment.confidence import LogitWeights
from artifix.errors import OutputError
from artifix.network.assembly import Network
from artifix.network.device import DTYPES
from artifix.pipeline import RefineByAlignPipeline
from artifix.setting_names import setting
from artifix.training.model_card import Card, model_card
from artifix.weights.checksums import write_sums
from artifix.writing import as_output_error, new_folder

SMALL_BYTES = 64_000_000  # up to here weights may lie in a repository or a wheel, where files are best small
_SMALL_SHARD, _LARGE_SHARD = "15MB", "5GB"


@dataclass(frozen=True, slots=True)
class Formats:
    """Of the numbers in files of weights: names of `network.device.DTYPES`."""

    parts: str = "fp16"  # of all but the projection; fp16 keeps three more bits of every weight than bf16
    projection: str = "fp16"


HALF = Formats()


def export_weights(
    network: Network,
    folder: Path,
    *,
    layer: str,
    timestep: int = 0,
    logit_weights: LogitWeights | None = None,
    card: Card | None = None,
    recipe: str = "",
    formats: Formats = HALF,
) -> Path:
    """Write a diffusers folder of safetensors, with a model card and SHA256SUMS.

    No trained weight comes near the largest number of fp16. Small weights are written in shards below 16 MB.

    Args:
        network: with the averaged weights; it is not changed.
        folder: appears whole or not at all; earlier weights there are replaced.
        layer: of the calibration, module path.
        timestep: of the calibration.
        logit_weights: of a location being right, as fitted to this network; None where they are not known.
        card: what the model card tells of the training.
        recipe: the effective config, TOML, written as training.toml; "" leaves it out.
        formats: of the numbers in the files.

    Returns:
        `folder`.

    Raises:
        OutputError: `folder` holds something else, the disk refuses, or a weight is not a number.
    """
    with as_output_error(folder, "free some space, or choose another folder", (SafetensorError,)):
        place = folder.resolve()
        require_replaceable(folder, place)
        pipeline = _pipeline(network, layer, timestep, logit_weights, formats)
        with new_folder(place) as unfinished:
            pipeline.save_pretrained(unfinished, safe_serialization=True, max_shard_size=shard_size(network))
            text = model_card(place.name, network, layer, timestep, card, formats.parts)
            (unfinished / "README.md").write_text(text, encoding="utf-8")
            if recipe:
                (unfinished / "training.toml").write_text(recipe, encoding="utf-8")
            write_sums(unfinished)
    return folder


def _pipeline(
    network: Network, layer: str, timestep: int, logit_weights: LogitWeights | None, formats: Formats
) -> RefineByAlignPipeline:
    dtype = DTYPES[formats.parts]
    return RefineByAlignPipeline(
        unet=_stored(network.unet, dtype),
        image_encoder=_stored(network.image_encoder, dtype),
        projection=_stored(network.projection, DTYPES[formats.projection]),
        codec=_stored(network.codec, dtype),
        detail_encoder=None if network.detail_encoder is None else _stored(network.detail_encoder, dtype),
        scheduler=network.scheduler,
        alignment_layer=layer,
        alignment_timestep=timestep,
        residual=network.residual,
        confidence_odds=logit_weights,
    )


def _stored(part: Any, dtype: torch.dtype) -> Any:
    stored, called = copy.deepcopy(part).to("cpu", dtype), str(dtype).removeprefix("torch.")
    for name, tensor in stored.state_dict().items():
        if not torch.isfinite(tensor).all():
            raise OutputError(
                f"{type(part).__name__}: {name} holds a number that {called} cannot",
                "a training that diverged: go back to an earlier checkpoint, with a lower learning rate; "
                f"a base model: store it with {setting('dtype', 'bf16')} or fp32",
            )
    if isinstance(stored, ConfigMixin) and "_name_or_path" in stored.config:
        stored.register_to_config(_name_or_path="")  # the folder of the base on the disk of whoever trained
    return stored


def shard_size(network: Network) -> str:
    """The largest file that the weights are cut into, as diffusers writes sizes."""
    count = sum(p.numel() for part in network.parts for p in part.parameters())
    return _SMALL_SHARD if 2 * count <= SMALL_BYTES else _LARGE_SHARD


def require_replaceable(folder: Path, place: Path) -> None:
    """Raise OutputError if `place`, named `folder` by the user, holds anything but weights."""
    if place.exists() and not place.is_dir():
        raise OutputError(f"{folder}: exists and is a file", "move it away")
    if place.is_dir() and any(place.iterdir()) and not (place / "model_index.json").is_file():
        raise OutputError(f"{folder}: exists and holds no weights, but something else", "move it away")
