"""Folders of training images drawn by code, and a recipe that runs in seconds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, AutoencoderTiny, PNDMScheduler, UNet2DConditionModel
from PIL import Image
from transformers import Dinov2Config, Dinov2Model

from artifix.network.building import tiny_config
from artifix.training.config import DataConfig, LoopConfig, OptimizerConfig, Phase, TrainingConfig
from artifix.training.pairs.sources import Sources, assemble


@pytest.fixture(scope="session")
def tiny_recipe() -> TrainingConfig:
    """Six steps of a network of the real classes, without aligned references and lettering."""
    return TrainingConfig(
        network=tiny_config(),
        steps=6,
        phases=(Phase(32, alignment_batch=2, refinement_batch=2),),
        data=DataConfig(source_px=64, decal_px=32, lettering=2),
        optimizer=OptimizerConfig(warmup_steps=2),
        loop=LoopConfig(log_every_s=0.0, checkpoint_every_s=1e9, validate_every_steps=10**9),
    )


def scene(seed: int, side_px: int = 96) -> np.ndarray:
    """(side_px, side_px, 3) uint8: coloured squares on an orange ground."""
    random = np.random.default_rng(seed)
    picture = np.full((side_px, side_px, 3), (230, 120, 30), np.uint8)
    for _ in range(6):
        (y, x), size = random.integers(0, side_px - 12, 2), random.integers(6, 20)
        picture[y : y + size, x : x + size] = random.integers(0, 256, 3)
    return picture


def save_scenes(folder: Path) -> Path:
    folder.mkdir()
    for seed in range(2):
        Image.fromarray(scene(seed)).save(folder / f"{seed}.png")
    return folder


@pytest.fixture
def image_folder(tmp_path: Path) -> Path:
    """Two usable images, to which a test may add."""
    return save_scenes(tmp_path / "images")


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two usable images, shared."""
    return save_scenes(tmp_path_factory.mktemp("shared") / "images")


@pytest.fixture(scope="session")
def busy_sources() -> Sources:
    """Six textured scenes and three decals, in memory."""
    images = torch.stack([torch.from_numpy(scene(seed, 64)) for seed in range(6)]).permute(0, 3, 1, 2)
    random = torch.Generator().manual_seed(0)
    decals = torch.randint(0, 256, (3, 4, 32, 32), generator=random, dtype=torch.uint8)
    return assemble(images.contiguous(), decals)


@pytest.fixture(scope="session")
def inpainting(
    tmp_path_factory: pytest.TempPathFactory, new_sd_unet: Callable[[], UNet2DConditionModel]
) -> Path:
    """The shape of Stable Diffusion 1.x inpainting: 64 px crops, 8 px latents, epsilon prediction."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("base") / "inpainting"
    new_sd_unet().save_pretrained(folder / "unet")
    AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        norm_num_groups=4,
        latent_channels=4,
    ).save_pretrained(folder / "vae")
    PNDMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True
    ).save_pretrained(folder / "scheduler")
    return folder


@pytest.fixture(scope="session")
def tiny_autoencoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the same latents as that of `inpainting`: 8 px cells of 4 channels."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("base") / "taesd"
    AutoencoderTiny(encoder_block_out_channels=(8,) * 4, decoder_block_out_channels=(8,) * 4).save_pretrained(
        folder
    )
    return folder


@pytest.fixture(scope="session")
def dinov2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made for pictures of 518 px and patches of 14 px, as the public ones."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("base") / "dinov2"
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    Dinov2Model(Dinov2Config(image_size=518, patch_size=14, **sizes)).save_pretrained(folder)
    return folder
