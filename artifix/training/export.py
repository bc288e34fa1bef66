"""From a run to weights that the pipeline loads."""

import copy
from pathlib import Path
from typing import Any

import torch
from diffusers import ConfigMixin
from safetensors import SafetensorError

from artifix.alignment.confidence import LogitWeights
from artifix.errors import OutputError
from artifix.network.assembly import Network
from artifix.pipeline import RefineByAlignPipeline
from artifix.training.model_card import Card, model_card
from artifix.weights.checksums import write_sums
from artifix.writing import as_output_error, new_folder

SMALL_BYTES = 64_000_000  # up to here weights may lie in a repository or a wheel, where files are best small
_SMALL_SHARD, _LARGE_SHARD = "15MB", "5GB"


def export_weights(
    network: Network,
    folder: Path,
    *,
    layer: str,
    timestep: int = 0,
    logit_weights: LogitWeights | None = None,
    card: Card | None = None,
    recipe: str = "",
) -> Path:
    """Write a diffusers folder of half-precision safetensors, with a model card and SHA256SUMS.

    fp16 keeps three more bits of every weight than bf16; none comes near its largest number. Small weights
    are written in shards below 16 MB.

    Args:
        network: with the averaged weights; it is not changed.
        folder: appears whole or not at all; earlier weights there are replaced.
        layer: of the calibration, module path.
        timestep: of the calibration.
        logit_weights: of a location being right, as fitted to this network; None where they are not known.
        card: what the model card tells of the training.
        recipe: the effective config, TOML, written as training.toml; "" leaves it out.

    Returns:
        `folder`.

    Raises:
        OutputError: `folder` holds something else, the disk refuses, or a weight is not a number.
    """
    with as_output_error(folder, "free some space, or choose another folder", (SafetensorError,)):
        place = folder.resolve()
        _require_replaceable(folder, place)
        pipeline = _pipeline(network, layer, timestep, logit_weights)
        with new_folder(place) as unfinished:
            pipeline.save_pretrained(unfinished, safe_serialization=True, maxshard_size=shard_size(network))
            text = model_card(place.name, network, layer, timestep, card)
            (unfinished / "README.md").write_text(text, encoding="utf-8")
            if recipe:
                (unfinished / "training.toml").write_text(recipe, encoding="utf-8")
            write_sums(unfinished)
    return folder


def _pipeline(
    network: Network, layer: str, timestep: int, logit_weights: LogitWeights | None
) -> RefineByAlignPipeline:
    return RefineByAlignPipeline(
        unet=_half(network.unet),
        image_encoder=_half(network.image_encoder),
        projection=_half(network.projection),
        codec=_half(network.codec),
        detail_encoder=None if network.detail_encoder is None else _half(network.detail_encoder),
        scheduler=network.scheduler,
        alignment_layer=layer,
        alignment_timestep=timestep,
        residual=network.residual,
        confidence_odds=logit_weights,
    )


def _half(part: Any) -> Any:
    halved = copy.deepcopy(part).to("cpu", torch.float16)
    for name, tensor in halved.state_dict().items():
        if not torch.isfinite(tensor).all():
            raise OutputError(
                f"{type(part).__name__}: {name} holds a number that half precision cannot",
                "the training diverged: go back to an earlier checkpoint, with a lower learning rate",
            )
    if isinstance(halved, ConfigMixin) and "_name_or_path" in halved.config:
        halved.register_to_config(_name_or_path="")  # the folder of the base on the disk of whoever trained
    return halved


def shard_size(network: Network) -> str:
    """The largest file that the weights are cut into, as diffusers writes sizes."""
    count = sum(p.numel() for part in network.parts for p in part.parameters())
    return _SMALL_SHARD if 2 * count <= SMALL_BYTES else _LARGE_SHARD


def _require_replaceable(folder: Path, place: Path) -> None:
    if place.exists() and not place.is_dir():
        raise OutputError(f"{folder}: exists and is a file", "move it away")
    if place.is_dir() and any(place.iterdir()) and not (place / "model_index.json").is_file():
        raise OutputError(f"{folder}: exists and holds no weights, but something else", "move it away")
