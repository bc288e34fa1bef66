"""What public base models cost: memory of their parts, work for a picture, and on a GPU seconds and memory.

Usage: python benchmarks/base_models.py [NAME ...] [--side 512 1024] [--device cuda] [--dtype bf16 fp16]

Without --device all is computed from the shapes of the models, at their full size and without their weights:
gigabytes of each part in 16 bit, and 10^12 multiplications and additions for one picture. With it, models of
random weights paint a crop of each side there, and seconds, peak memory and the share of the denoiser in the
time are measured. What an IP-Adapter adds to attention is left out.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
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
from running import plain_parser
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from artifix.base_models.klein import KleinRefiner
from artifix.base_models.stable_diffusion import StableDiffusionRefiner
from artifix.config import RefinementConfig
from artifix.geometry import Box
from artifix.network.device import DTYPES
from artifix.refinement.refiner import Canvas, Paste, Refiner

NAMES = ("klein-4b", "sd15-ip", "sdxl-ip")
TEXT_TOKENS = {"klein-4b": (512, 7680), "sd15-ip": (77, 768), "sdxl-ip": (77, 2048)}


def parts_of(name: str) -> dict[str, nn.Module]:
    """The parts that are used, without their text encoders, in torch's default device and dtype."""
    if name == "klein-4b":
        return {
            "transformer": Flux2Transformer2DModel(
                num_layers=5,
                num_single_layers=20,
                num_attention_heads=24,
                joint_attention_dim=7680,
                guidance_embeds=False,
            ),
            "vae": AutoencoderKLFlux2(block_out_channels=(128, 256, 512, 512)),
        }
    return {
        "unet": _unet_xl() if name == "sdxl-ip" else _unet(),
        "vae": AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(128, 256, 512, 512),
            layers_per_block=2,
        ),
        "image_encoder": CLIPVisionModelWithProjection(
            CLIPVisionConfig(
                hidden_size=1280,
                intermediate_size=5120,
                num_hidden_layers=32,
                num_attention_heads=16,
                patch_size=14,
                projection_dim=1024,
            )
        ),
    }


def _unet() -> UNet2DConditionModel:
    return UNet2DConditionModel(sample_size=64, in_channels=9, cross_attention_dim=768)


def _unet_xl() -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=128,
        in_channels=9,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(320, 640, 1280),
        transformer_layers_per_block=(1, 2, 10),
        attention_head_dim=(5, 10, 20),
        cross_attention_dim=2048,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=256,
        projection_class_embeddings_input_dim=2816,
    )


def refiner_of(name: str, parts: dict[str, nn.Module], device: torch.device) -> Refiner:
    """A painter of these parts, told a random prompt."""
    tokens, width = TEXT_TOKENS[name]
    embeds = {key: torch.randn(1, tokens, width) for key in ("prompt_embeds", "negative_prompt_embeds")}
    if name == "klein-4b":
        flow = FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True)
        klein = Flux2KleinInpaintPipeline(flow, parts["vae"], None, None, parts["transformer"], True)
        klein.set_progress_bar_config(disable=True)
        return KleinRefiner(klein, {"prompt_embeds": embeds["prompt_embeds"]}, device)
    common = {"vae": parts["vae"], "unet": parts["unet"], "scheduler": DDIMScheduler(steps_offset=1)}
    common |= {"text_encoder": None, "tokenizer": None, "feature_extractor": None}
    if name == "sdxl-ip":
        names = ("pooled_prompt_embeds", "negative_pooled_prompt_embeds")
        embeds |= {key: torch.randn(1, 1280) for key in names}
        silent = {"text_encoder_2": None, "tokenizer_2": None, "add_watermarker": False}
        pipeline: Any = StableDiffusionXLInpaintPipeline(**common, **silent)
    else:
        pipeline = StableDiffusionInpaintPipeline(
            **common, safety_checker=None, requires_safety_checker=False
        )
    pipeline.set_progress_bar_config(disable=True)
    return StableDiffusionRefiner(pipeline, embeds, device, has_adapter=False)


def work_of(name: str, parts: dict[str, nn.Module], side: int, evaluations: int) -> float:
    """10^12 multiplications and additions for a picture, from shapes: denoiser and autoencoder."""
    tokens, width = TEXT_TOKENS[name]
    picture, step = torch.zeros(1, 3, side, side), torch.zeros(1)
    channels = 32 if name == "klein-4b" else 4
    with torch.no_grad():
        coded = _flops(lambda: parts["vae"].encode(picture)) * 2
        coded += _flops(lambda: parts["vae"].decode(torch.zeros(1, channels, side // 8, side // 8)))
        text = torch.zeros(1, tokens, width)
        if name == "klein-4b":
            count = 3 * (side // 16) ** 2  # what is painted, the crop, and the reference
            told = {
                "txt_ids": torch.zeros(1, tokens, 4),
                "img_ids": torch.zeros(1, count, 4),
                "guidance": None,
            }
            seen = torch.zeros(1, count, 128)
            one = _flops(lambda: parts["transformer"](seen, text, step, **told))
        else:
            more = {"text_embeds": torch.zeros(1, 1280), "time_ids": torch.zeros(1, 6)}
            noisy = torch.zeros(1, 9, side // 8, side // 8)
            one = _flops(lambda: parts["unet"](noisy, step, text, added_cond_kwargs=more))
    return (coded + evaluations * one) / 2e12


def _flops(call: Callable[[], object]) -> int:
    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops()


def canvas_of(side: int) -> Canvas:
    """A crop of a drawn picture, a third of it masked, with a paste."""
    random = np.random.default_rng(0)
    crop = random.integers(0, 255, (side, side, 3), np.uint8)
    mask = np.zeros((side, side), bool)
    mask[side // 3 : 2 * side // 3, side // 6 : 5 * side // 6] = True
    paste = Paste(crop.astype(np.float32), np.ones((side, side), np.float32))
    return Canvas(crop, mask, paste, crop, Box(0, 0, side, side))


def computed(names: list[str], sides: list[int]) -> None:
    print("| model | part | GB in 16 bit |\n|---|---|---|")
    work = []
    for name in names:
        with torch.device("meta"):
            parts = parts_of(name)
            for side in sides:
                sampling = refiner_of(name, parts, torch.device("cpu")).sampling
                steps = max(round(sampling.steps * sampling.strength), 1)
                evaluations = steps * (1 if sampling.guidance_scale == 1 else 2)
                work.append((name, side, evaluations, work_of(name, parts, side, evaluations)))
        for part, module in parts.items():
            print(f"| {name} | {part} | {sum(p.numel() for p in module.parameters()) * 2 / 1e9:.2f} |")
    print("\n| model | side, px | evaluations | 10^12 multiply-adds |\n|---|---|---|---|")
    for row in work:
        print("| {} | {} | {} | {:.1f} |".format(*row))


def measured(names: list[str], sides: list[int], device: torch.device, dtypes: list[str]) -> None:
    print("| model | numbers | side, px | s a picture | share of the denoiser | peak GB |")
    print("|---|---|---|---|---|---|")
    for name in names:
        for dtype in dtypes:
            torch.set_default_dtype(DTYPES[dtype])
            with device:
                parts = parts_of(name)
            torch.set_default_dtype(torch.float32)
            refiner = refiner_of(name, parts, device)
            for side in sides:
                print(f"| {name} | {dtype} | {side} | " + _timed(refiner, parts, side, device), flush=True)
            del refiner, parts
            torch.cuda.empty_cache()


def _timed(refiner: Refiner, parts: dict[str, nn.Module], side: int, device: torch.device) -> str:
    denoiser = parts.get("transformer", parts.get("unet"))
    spent, forward = [0.0], denoiser.forward

    def counted(*given: Any, **named: Any) -> Any:
        _wait(device)
        start = time.perf_counter()
        result = forward(*given, **named)
        _wait(device)
        spent[0] += time.perf_counter() - start
        return result

    denoiser.forward = counted
    canvas, config = canvas_of(side), RefinementConfig()
    refiner.paint(canvas, config, [0], lambda done, total: None)  # kernels are chosen
    spent[0], start = 0.0, time.perf_counter()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    (picture,) = refiner.paint(canvas, config, [1], lambda done, total: None)
    seconds = time.perf_counter() - start
    denoiser.forward = forward
    assert np.isfinite(picture).all(), "the picture holds what is no number"
    peak = torch.cuda.max_memory_allocated(device) / 1e9 if device.type == "cuda" else float("nan")
    return f"{seconds:.2f} | {spent[0] / seconds:.2f} | {peak:.1f} |"


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def main() -> None:
    parser = plain_parser(__doc__)
    parser.add_argument("names", nargs="*", default=list(NAMES), metavar="NAME")
    parser.add_argument("--side", type=int, nargs="+", default=[512, 1024])
    parser.add_argument("--device")
    parser.add_argument("--dtype", nargs="+", default=["bf16"], choices=DTYPES)
    asked = parser.parse_args()
    if asked.device is None:
        computed(asked.names, asked.side)
    else:
        measured(asked.names, asked.side, torch.device(asked.device), asked.dtype)


if __name__ == "__main__":
    main()
