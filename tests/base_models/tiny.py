"""Folders of public base models as the Hub has them: their classes, reduced widths, random weights."""

import json
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    DDIMScheduler,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    StableDiffusionInpaintPipeline,
    StableDiffusionXLInpaintPipeline,
    UNet2DConditionModel,
)
from diffusers.models.embeddings import IPAdapterPlusImageProjection
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch import nn
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    Qwen2TokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
)

WIDTH = 64  # of the cross-attention; heads of the adapter's resampler are 64 wide
TEMPLATE = "{% for message in messages %}<|im_start|>{{ message.role }} {{ message.content }}{% endfor %}"
BYTES = sorted(pre_tokenizers.ByteLevel.alphabet())


def klein_folder(folder: Path, is_distilled: bool = True, seed: int = 0) -> Path:
    """A FLUX.2 klein: transformer, autoencoder, Qwen3 with its tokenizer, scheduler."""
    torch.manual_seed(seed)
    transformer = Flux2Transformer2DModel(
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=3 * 16,  # three layers of the text encoder side by side
        timestep_guidance_channels=32,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )
    vae = AutoencoderKLFlux2(
        block_out_channels=(8, 8, 8, 8), layers_per_block=1, latent_channels=4, norm_num_groups=4
    )
    text_encoder = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(BYTES) + 3,
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=28,  # the 27th is asked for
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=8,
        )
    )
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True)
    pipeline = Flux2KleinPipeline(scheduler, vae, text_encoder, _qwen_tokenizer(), transformer, is_distilled)
    pipeline.save_pretrained(folder)
    return folder


def sd_folder(folder: Path, with_adapter: bool = True, seed: int = 0) -> Path:
    """A Stable Diffusion 1.5 for inpainting, and beside it an IP-Adapter plus with its image encoder."""
    torch.manual_seed(seed)
    unet = _unet()
    pipeline = StableDiffusionInpaintPipeline(
        vae=_vae(),
        text_encoder=CLIPTextModel(_clip_text()),
        tokenizer=_clip_tokenizer(folder.parent / f"{folder.name}-vocabulary"),
        unet=unet,
        scheduler=DDIMScheduler(steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder)
    if with_adapter:
        _adapter_beside(folder, unet)
    return folder


def sdxl_folder(folder: Path, with_adapter: bool = True, seed: int = 0) -> Path:
    """The same of Stable Diffusion XL, with its two text encoders."""
    torch.manual_seed(seed)
    # Time ids have 6 numbers of 8 channels each, beside the pooled text.
    unet = _unet(
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + 32,
        cross_attention_dim=2 * 32,
    )
    tokenizer = _clip_tokenizer(folder.parent / f"{folder.name}-vocabulary")
    pipeline = StableDiffusionXLInpaintPipeline(
        vae=_vae(),
        text_encoder=CLIPTextModel(_clip_text(32)),
        text_encoder_2=CLIPTextModelWithProjection(_clip_text(32)),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=unet,
        scheduler=DDIMScheduler(steps_offset=1),
    )
    pipeline.save_pretrained(folder)
    if with_adapter:
        _adapter_beside(folder, unet)
    return folder


def _unet(**more: object) -> UNet2DConditionModel:
    settings = {
        "sample_size": 8,
        "in_channels": 9,
        "out_channels": 4,
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "block_out_channels": (16, 16),
        "layers_per_block": 1,
        "norm_num_groups": 4,
        "attention_head_dim": 2,
        "cross_attention_dim": WIDTH,
    }
    return UNet2DConditionModel(**settings | more)


def _vae() -> AutoencoderKL:
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        norm_num_groups=4,
        latent_channels=4,
    )


def _clip_text(width: int = WIDTH) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=2 * len(BYTES) + 2,
        hidden_size=width,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        projection_dim=32,
        bos_token_id=2 * len(BYTES),
        eos_token_id=2 * len(BYTES) + 1,
    )


def _clip_tokenizer(folder: Path) -> CLIPTokenizer:
    """Byte by byte, alone and at the end of a word."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = [*BYTES, *(f"{byte}</w>" for byte in BYTES), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer.from_pretrained(folder, model_max_length=77)


def _qwen_tokenizer() -> Qwen2TokenizerFast:
    tokens = [*BYTES, "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return Qwen2TokenizerFast(
        tokenizer_object=tokenizer,
        chat_template=TEMPLATE,
        pad_token="<|endoftext|>",
        eos_token="<|im_end|>",
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
    )


def _adapter_beside(folder: Path, unet: UNet2DConditionModel) -> None:
    """ip_adapter/ with the adapter in the names of its authors, and the CLIP it was made for."""
    encoder = CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=3,
            num_attention_heads=2,
            image_size=28,
            patch_size=14,
            projection_dim=16,
        )
    )
    encoder.save_pretrained(folder / "ip_adapter" / "image_encoder")
    width = unet.config.cross_attention_dim
    resampler = IPAdapterPlusImageProjection(
        embed_dims=16, output_dims=width, hidden_dims=64, depth=4, dim_head=64, heads=1, num_queries=4
    )
    tensors = {f"image_proj.{_authors_name(name)}": value for name, value in _resampler_of(resampler).items()}
    cross = [name for name in unet.attn_processors if name.endswith("attn2.processor")]
    for i, name in enumerate(cross):
        block = unet.get_submodule(name.removesuffix(".processor"))
        for kind in ("k", "v"):
            tensors[f"ip_adapter.{2 * i + 1}.to_{kind}_ip.weight"] = nn.Linear(
                width, block.to_q.out_features, bias=False
            ).weight.data
    whole = {name: value.contiguous() for name, value in tensors.items()}
    save_file(whole, folder / "ip_adapter" / "ip-adapter.safetensors")


def _resampler_of(resampler: nn.Module) -> dict[str, torch.Tensor]:
    """Its weights, with keys and values of each layer in one."""
    values = dict(resampler.state_dict())
    joined = {}
    for name, value in values.items():
        if name.endswith("attn.to_v.weight"):
            continue
        if name.endswith("attn.to_k.weight"):
            other = values[name.replace("to_k", "to_v")]
            name, value = name.replace("to_k", "to_kv"), torch.cat([value, other])
        joined[name] = value
    return joined


def _authors_name(name: str) -> str:
    """diffusers' name of a weight of the resampler in the words of IP-Adapter's file."""
    parts = name.split(".")
    if parts[0] != "layers":
        return name
    place = ".".join(parts[2:])
    swaps = {
        "ln0": "0.norm1", "ln1": "0.norm2", "attn.to_q": "0.to_q", "attn.to_kv": "0.to_kv",
        "attn.to_out.0": "0.to_out", "ff.0": "1.0", "ff.1.net.0.proj": "1.1", "ff.1.net.2": "1.3",
    }  # fmt: skip
    for ours, theirs in swaps.items():
        if place.startswith(f"{ours}."):
            return f"layers.{parts[1]}.{theirs}{place.removeprefix(ours)}"
    raise ValueError(name)
