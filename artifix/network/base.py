"""Public base models as parts of a network: an inpainting U-Net with its autoencoder, and DINOv2.

Everything is read from folders on this disk, and from safetensors only.
"""

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, DDIMScheduler, UNet2DConditionModel
from transformers import Dinov2Model

from artifix.errors import WeightsError, is_out_of_memory
from artifix.network.codec import CODECS, Codec, latent_channels
from artifix.network.diffusion import inpainting_channels
from artifix.weights.safety import PICKLE_SUFFIXES

_INPAINTING = "name the folder of a diffusers pipeline of Stable Diffusion 1.x or 2.x inpainting"
_AUTOENCODER = "name the folder of an autoencoder of Stable Diffusion's latents, as madebyollin/taesd"
_DINOV2 = "name the folder of a Dinov2Model, as facebook/dinov2-base"
# Settings of U-Nets that want to be told more than the reference's tokens.
_MORE_CONDITIONS = ("addition_embed_type", "class_embed_type", "encoder_hid_dim_type")


def load_inpainting(
    folder: Path, autoencoder: Path | None = None
) -> tuple[UNet2DConditionModel, Codec, DDIMScheduler]:
    """U-Net, autoencoder and noise schedule of an inpainting pipeline, in fp32; its text encoder is not read.

    Args:
        folder: holds unet/, vae/ and scheduler/, the last of any class with betas; its kind of prediction
            is kept.
        autoencoder: folder of another of the same latents; None is vae/.

    Raises:
        WeightsError: a part is missing, of another class, pickled, damaged or not for inpainting.
    """
    _require_folder(folder, _INPAINTING)
    unet_values = _read_config(folder / "unet", "config.json", _INPAINTING)
    _require_class(folder / "unet", unet_values.get("_class_name"), "UNet2DConditionModel", _INPAINTING)
    _require_inpainting(folder / "unet", unet_values)
    kind = _autoencoder_class(
        autoencoder or folder / "vae", _INPAINTING if autoencoder is None else _AUTOENCODER
    )
    scheduler = _scheduler(folder / "scheduler")
    unet = load_part(UNet2DConditionModel, folder / "unet")
    codec = load_part(kind, autoencoder or folder / "vae")
    require_fitting_codec("vae" if autoencoder is None else str(autoencoder), codec, unet, folder)
    return unet, codec, scheduler


def _autoencoder_class(folder: Path, hint: str) -> type[Codec]:
    found = _read_config(folder, "config.json", hint).get("_class_name")
    kinds = (AutoencoderKL.__name__, AutoencoderTiny.__name__)
    if found not in kinds:
        raise WeightsError(f"{folder}: is of class {found}, expected {' or '.join(kinds)}", hint)
    return CODECS[found]


def require_fitting_codec(name: str, codec: Codec, unet: UNet2DConditionModel, folder: Path) -> None:
    """Raise WeightsError unless the U-Net of `folder` paints the latents of its codec, called `name`."""
    latents, expected = latent_channels(codec), unet.config.out_channels
    if latents != expected:
        raise WeightsError(
            f"{folder}: {name} has {latents} latent channels, unet {expected}",
            "take both from the same pipeline",
        )


def load_image_encoder(folder: Path) -> Dinov2Model:
    """A DINOv2 of any size, in fp32.

    Raises:
        WeightsError: it is missing, of another class, pickled or damaged.
    """
    _require_folder(folder, _DINOV2)
    values = _read_config(folder, "config.json", _DINOV2)
    _require_class(folder, values.get("model_type"), "dinov2", _DINOV2)
    return load_part(Dinov2Model, folder)


def with_aligned_channels(unet: UNet2DConditionModel) -> UNet2DConditionModel:
    """A copy that also takes the aligned reference and where it is valid, with weights of zero.

    Until it is trained it computes what `unet` computes, whatever the new channels hold.
    """
    channels = inpainting_channels(unet) + unet.config.out_channels + 1
    wider = UNet2DConditionModel.from_config(unet.config, in_channels=channels).to(unet.dtype)
    weights = unet.state_dict()
    known = weights["conv_in.weight"]
    zeros = known.new_zeros(known.shape[0], channels - known.shape[1], *known.shape[2:])
    wider.load_state_dict({**weights, "conv_in.weight": torch.cat([known, zeros], dim=1)})
    return wider


def _require_folder(folder: Path, hint: str) -> None:
    if not folder.is_dir():
        raise WeightsError(f"{folder}: is not a folder", hint)


def _read_config(folder: Path, name: str, hint: str) -> dict[str, Any]:
    path = folder / name
    if not path.is_file():
        raise WeightsError(f"{path}: is missing", hint)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path}: cannot be read: {error}", "copy the whole folder again") from error
    if not isinstance(values, dict):
        raise WeightsError(f"{path}: is no table of settings", "copy the whole folder again")
    return values


def _require_class(folder: Path, found: object, wanted: str, hint: str) -> None:
    if found != wanted:
        raise WeightsError(f"{folder}: is of class {found}, expected {wanted}", hint)


def _require_inpainting(folder: Path, values: dict[str, Any]) -> None:
    found, needed = values.get("in_channels"), 2 * values.get("out_channels", 4) + 1
    if found != needed:
        raise WeightsError(
            f"{folder}: has {found} input channels, for inpainting it needs {needed}", _INPAINTING
        )
    if more := [name for name in _MORE_CONDITIONS if values.get(name) is not None]:
        raise WeightsError(f"{folder}: wants more than tokens ({more[0]} is {values[more[0]]})", _INPAINTING)
    if not isinstance(values.get("cross_attention_dim"), int):
        raise WeightsError(
            f"{folder}: cross_attention_dim is {values.get('cross_attention_dim')}, expected one width",
            _INPAINTING,
        )


def _scheduler(folder: Path) -> DDIMScheduler:
    values = _read_config(folder, "scheduler_config.json", _INPAINTING)
    if "beta_schedule" not in values:
        raise WeightsError(f"{folder}: {values.get('_class_name')} has no beta_schedule", _INPAINTING)
    try:
        return DDIMScheduler.from_config(values, clip_sample=False)  # latents are not bounded by 1
    except (ValueError, TypeError, NotImplementedError) as error:
        raise WeightsError(f"{folder}: cannot be used: {error}", _INPAINTING) from error


def load_part(kind: Any, folder: Path, dtype: torch.dtype = torch.float32) -> Any:
    """A part of class `kind`, of diffusers or transformers, every one of its weights found in the folder.

    Raises:
        WeightsError: something is missing, pickled or damaged.
    """
    if not folder.is_dir():
        raise WeightsError(f"{folder}: is missing", "copy or download the whole folder again")
    variant = _variant(folder)
    try:
        part, found = kind.from_pretrained(
            folder,
            use_safetensors=True,
            local_files_only=True,
            dtype=dtype,
            variant=variant,
            output_loading_info=True,
        )
    except Exception as error:  # libraries build whatever the files say; their errors have no common class
        if is_out_of_memory(error):
            raise
        raise WeightsError(
            f"{folder}: cannot be loaded: {error}", "copy or download the whole folder again"
        ) from error
    if missing := sorted(found["missing_keys"]):
        raise WeightsError(
            f"{folder}: lacks {len(missing)} weights, {missing[0]} among them", "take weights of that class"
        )
    return part


def _variant(folder: Path) -> str | None:
    """Which of its files to read: "fp16" where the folder holds only those, else None.

    Raises:
        WeightsError: it holds no safetensors.
    """
    names = sorted(path.name for path in folder.iterdir())
    tensors = [name for name in names if name.endswith(".safetensors")]
    if not tensors:
        pickles = [name for name in names if Path(name).suffix in PICKLE_SUFFIXES]
        raise WeightsError(
            f"{folder}: holds no .safetensors file" + (f", only the pickle {pickles[0]}" if pickles else ""),
            "get its .safetensors, or load it where you trust it and save it with safe_serialization=True",
        )
    return "fp16" if all(".fp16." in name or ".fp16-" in name for name in tensors) else None
