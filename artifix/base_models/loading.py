"""Folders of public base models become painters.

Every part is built by a class named here and read from safetensors: nothing is imported because a file names
it.
"""

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    DDIMScheduler,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinInpaintPipeline,
    Flux2Transformer2DModel,
    StableDiffusionInpaintPipeline,
    StableDiffusionXLInpaintPipeline,
    UNet2DConditionModel,
)
from transformers import (
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionModelWithProjection,
    Qwen2TokenizerFast,
    Qwen3ForCausalLM,
)

from artifix.base_models import klein, stable_diffusion, tuning
from artifix.base_models.klein import KleinRefiner
from artifix.base_models.placing import Placing, place
from artifix.base_models.prompt import Embeds, embedded
from artifix.base_models.stable_diffusion import InpaintPipeline, StableDiffusionRefiner
from artifix.errors import WeightsError
from artifix.network.base import load_part
from artifix.refinement.refiner import Refiner
from artifix.weights.checksums import MODEL_NAME
from artifix.weights.json_files import read_table

ADAPTER, ADAPTER_FILE = "ip_adapter", "ip-adapter.safetensors"
_XL_EMBEDS = (
    "prompt_embeds",
    "negative_prompt_embeds",
    "pooled_prompt_embeds",
    "negative_pooled_prompt_embeds",
)
# Prompts are embedded once, on the CPU and always in the same numbers: what is kept serves every device, and
# no card needs room for the text encoder.
CPU = torch.device("cpu")
# What a pipeline that only embeds a prompt does without.
_NOTHING: dict[str, Any] = dict.fromkeys(("vae", "unet", "image_encoder", "scheduler"))
_AGAIN = "copy or download the whole folder again"


def load_refiner(folder: Path, kind: str, sha256: str, placing: Placing) -> Refiner:
    """A painter of weights that `verify_weights` accepts.

    Args:
        folder: of a pipeline of diffusers.
        kind: its class, see `artifix.weights.model_index`.
        sha256: of the whole folder.
        placing: where and how it is run.

    Raises:
        WeightsError: a part is missing, damaged or of another class.
        DeviceError: it does not fit into the device's memory.
    """
    if kind.startswith("Flux2Klein"):
        return _klein(folder, sha256, placing)
    return _stable_diffusion(folder, kind, sha256, placing)


def _klein(folder: Path, sha256: str, placing: Placing) -> KleinRefiner:
    device, dtype = placing.device, placing.dtype
    is_distilled = read_table(folder / MODEL_NAME).get("is_distilled") is True
    scheduler = _part(FlowMatchEulerDiscreteScheduler, folder / "scheduler")

    def embed() -> Embeds:
        text_encoder = load_part(Qwen3ForCausalLM, folder / "text_encoder", torch.bfloat16).eval()
        tokenizer = _tokenizer(Qwen2TokenizerFast, folder / "tokenizer")
        pipeline = Flux2KleinInpaintPipeline(scheduler, None, text_encoder, tokenizer, None, is_distilled)
        embeds = {"prompt_embeds": pipeline.encode_prompt(klein.PROMPT, CPU)[0]}
        if not is_distilled:  # then guidance asks for it
            embeds["negative_prompt_embeds"] = pipeline.encode_prompt("", CPU)[0]
        return embeds

    with torch.inference_mode():
        prompt = embedded(klein.PROMPT, sha256, embed)
    pipeline = Flux2KleinInpaintPipeline(
        scheduler=scheduler,
        vae=load_part(AutoencoderKLFlux2, folder / "vae", dtype),
        text_encoder=None,
        tokenizer=None,
        transformer=load_part(Flux2Transformer2DModel, folder / "transformer", dtype),
        is_distilled=is_distilled,
    )
    place(pipeline, placing)
    return KleinRefiner(pipeline, prompt, device)


def _stable_diffusion(folder: Path, kind: str, sha256: str, placing: Placing) -> StableDiffusionRefiner:
    device, dtype = placing.device, placing.dtype
    is_xl = kind == StableDiffusionXLInpaintPipeline.__name__

    def embed() -> Embeds:
        return _embedded_xl(folder) if is_xl else _embedded_sd(folder)

    with torch.inference_mode():
        prompt = embedded(stable_diffusion.PROMPT, sha256, embed)
    has_adapter = (folder / ADAPTER).is_dir()
    encoder = folder / ADAPTER / "image_encoder"
    parts: dict[str, Any] = {
        "vae": load_part(AutoencoderKL, folder / "vae", dtype),
        "unet": load_part(UNet2DConditionModel, folder / "unet", dtype),
        "scheduler": _part(DDIMScheduler, folder / "scheduler"),
        "image_encoder": load_part(CLIPVisionModelWithProjection, encoder, dtype) if has_adapter else None,
    }
    pipeline = _pipeline(is_xl, parts)
    if has_adapter:
        _show_through_adapter(pipeline, folder)
    place(pipeline, placing)
    return StableDiffusionRefiner(pipeline, prompt, device, has_adapter)


def _pipeline(is_xl: bool, parts: dict[str, Any]) -> InpaintPipeline:
    silent = {"text_encoder": None, "tokenizer": None, "feature_extractor": None}
    if is_xl:
        more = {"text_encoder_2": None, "tokenizer_2": None, "add_watermarker": False}
        return StableDiffusionXLInpaintPipeline(**parts, **silent, **more)
    more = {"safety_checker": None, "requires_safety_checker": False}
    return StableDiffusionInpaintPipeline(**parts, **silent, **more)


def _show_through_adapter(pipeline: InpaintPipeline, folder: Path) -> None:
    path = folder / ADAPTER / ADAPTER_FILE
    if not path.is_file():
        raise WeightsError(f"{path}: is missing", f"put the adapter there, or take {path.parent} away")
    try:
        pipeline.load_ip_adapter(
            str(folder),
            subfolder=ADAPTER,
            weight_name=ADAPTER_FILE,
            image_encoder_folder=None,  # it is there already
            local_files_only=True,
            low_cpu_mem_usage=False,
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise WeightsError(
            f"{path}: cannot be loaded: {error}", "take the adapter plus that was made for these weights"
        ) from error
    pipeline.set_ip_adapter_scale(tuning.BASE_MODELS.adapter_scale)


def _embedded_sd(folder: Path) -> Embeds:
    text_encoder = load_part(CLIPTextModel, folder / "text_encoder")
    tokenizer = _tokenizer(CLIPTokenizer, folder / "tokenizer")
    pipeline = _pipeline(False, _NOTHING)
    pipeline.register_modules(text_encoder=text_encoder, tokenizer=tokenizer)
    positive, negative = pipeline.encode_prompt(stable_diffusion.PROMPT, CPU, 1, True)
    return {"prompt_embeds": positive, "negative_prompt_embeds": negative}


def _embedded_xl(folder: Path) -> Embeds:
    pipeline = _pipeline(True, _NOTHING)
    pipeline.register_modules(
        text_encoder=load_part(CLIPTextModel, folder / "text_encoder"),
        text_encoder_2=load_part(CLIPTextModelWithProjection, folder / "text_encoder_2"),
        tokenizer=_tokenizer(CLIPTokenizer, folder / "tokenizer"),
        tokenizer_2=_tokenizer(CLIPTokenizer, folder / "tokenizer_2"),
    )
    embeds = pipeline.encode_prompt(stable_diffusion.PROMPT, device=CPU)
    return dict(zip(_XL_EMBEDS, embeds, strict=True))


def _tokenizer(kind: Any, folder: Path) -> Any:
    if not any((folder / name).is_file() for name in ("tokenizer.json", "vocab.json")):
        # transformers would make one that knows no word
        raise WeightsError(f"{folder}: holds neither tokenizer.json nor vocab.json", _AGAIN)
    return _part(kind, folder)


def _part(kind: Any, folder: Path) -> Any:
    """A scheduler or tokenizer; it has no tensors."""
    if not folder.is_dir():
        raise WeightsError(f"{folder}: is missing", _AGAIN)
    try:
        return kind.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # libraries build whatever the files say; their errors have no common class
        raise WeightsError(f"{folder}: cannot be loaded: {error}", _AGAIN) from error
