"""What the long checks work on: drawn pictures, a manifest over them, and tiny random weights."""

import hashlib
import json
import shutil
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def drawn(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """(height, width, 3) coloured squares and a little noise."""
    random = np.random.default_rng(seed)
    picture = np.full((height, width, 3), (200, 190, 160), np.int16)
    for _ in range(max(height * width // 150, 8)):
        y, x = random.integers(0, max(height - 4, 1)), random.integers(0, max(width - 4, 1))
        size = int(random.integers(3, 14))
        picture[y : y + size, x : x + size] = random.integers(0, 256, 3)
    return np.clip(picture + random.integers(-3, 4, picture.shape), 0, 255).astype(np.uint8)


def write_manifest(folder: Path, rows: int, pictures: int = 4, size: tuple[int, int] = (48, 56)) -> Path:
    """manifest.csv of rows that share a few drawn pictures; also the pictures themselves."""
    folder.mkdir(parents=True, exist_ok=True)
    height, width = size
    for number in range(pictures):
        clean = drawn(height, width, number)
        mask = np.zeros((height, width), np.uint8)
        mask[height // 3 : height // 2, width // 3 : width // 2] = 255
        Image.fromarray(np.where(mask[..., None], 90, clean).astype(np.uint8)).save(
            folder / f"image{number}.png"
        )
        Image.fromarray(mask).save(folder / f"mask{number}.png")
        Image.fromarray(np.roll(clean, (3, 2), (0, 1))).save(folder / f"ref{number}.png")
    lines = [
        f"row{number:04},image{number % pictures}.png,mask{number % pictures}.png,ref{number % pictures}.png"
        for number in range(rows)
    ]
    manifest = folder / "manifest.csv"
    manifest.write_text("\n".join(["id,image,mask,reference", *lines]) + "\n", encoding="utf-8")
    return manifest


def write_tiny_weights(folder: Path) -> Path:
    """Random weights of the real classes, a megabyte or so."""
    import torch

    from artifix.network.building import build_network, tiny_config
    from artifix.training.export import export_weights

    torch.manual_seed(0)
    export_weights(build_network(tiny_config()), folder, layer="up_blocks.1.attentions.0")
    return folder


def write_stub_weights(folder: Path) -> Path:
    """A folder that passes for weights as long as nobody loads them."""
    parts = {"unet": ["diffusers", "UNet2DConditionModel"], "image_encoder": ["transformers", "Dinov2Model"]}
    parts |= {"projection": ["artifix.network.projection", "Projection"]}
    parts |= {"scheduler": ["diffusers", "DDIMScheduler"]}
    for name in parts:
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text("{}\n")
        (folder / name / "model.safetensors").write_bytes(struct.pack("<Q", 2) + b"{}")  # no tensors
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "RefineByAlignPipeline", **parts}))
    return folder


def contents(out: Path) -> dict[str, str]:
    """sha256 by name of everything that must not depend on how a batch came about."""
    found = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.is_file() and ".artifix" not in name and not name.startswith("journal"):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def cleared(folder: Path) -> Path:
    """The folder, new and empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
