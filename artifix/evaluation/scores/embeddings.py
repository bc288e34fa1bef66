"""Likeness of the repaired part with the matched region, as image encoders see them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import CLIPVisionModelWithProjection, Dinov2Model

from artifix.errors import WeightsError
from artifix.evaluation.scores.parts import both_parts
from artifix.evaluation.scores.repaired import Repaired
from artifix.evaluation.scores.scorer import Column
from artifix.network.base import load_part
from artifix.network.encoder import IMAGENET_MEAN, IMAGENET_STD, encoder_size_px
from artifix.weights.json_files import read_table
from artifix.weights.safety import require_safe_contents, require_safe_names

# The statistics that CLIP was trained with (Radford et al. 2021).
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)

Encode = Callable[[Tensor], Tensor]  # (B, 3, side, side) normalised pictures to (B, D) embeddings


class EmbeddingScorer:
    """Cosine of the embeddings of two squares: the repaired part, and the matched region.

        score = <a, b> / (|a| |b|)

    The squares are as wide as the longer sides of the boxes around mask and region. No unit, in [-1, 1], 1 is
    best; nan where no region is known, since the whole reference would be another question.

    Args:
        name: of the scorer and of its column.
        encode: gives the embeddings.
        side_px: of the pictures that it reads.
        mean: of the pictures' channels in [0, 1], that it was trained with.
        std: of them.
        device: torch's, that it runs on.
    """

    def __init__(
        self,
        name: str,
        encode: Encode,
        side_px: int,
        mean: tuple[float, ...],
        std: tuple[float, ...],
        device: str,
    ) -> None:
        self.name = name
        self.columns = (Column(name, "", "higher", 3),)
        self._encode, self._side_px, self._device = encode, side_px, device
        self._mean, self._std = (torch.tensor(v, device=device).view(1, 3, 1, 1) for v in (mean, std))

    @torch.inference_mode()
    def score(self, one: Repaired) -> dict[str, float]:
        """The column of one case."""
        parts = both_parts(one, self._side_px)
        if parts is None:
            return {self.name: float("nan")}
        read = as_tensor(np.stack(parts), self._device)
        mine, other = self._encode((read - self._mean) / self._std).double()
        return {self.name: float(torch.nn.functional.cosine_similarity(mine, other, dim=0))}


def as_tensor(pictures: NDArray[np.uint8], device: str) -> Tensor:
    """(B, 3, H, W) float32 in [0, 1] of (B, H, W, 3) pictures."""
    return torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2).float() / 255


def dino_scorer(folder: Path, device: str = "cpu") -> EmbeddingScorer:
    """Likeness by the class token of a DINOv2 (Oquab et al. 2023), read at 16 x 16 patches.

    Args:
        folder: of a Dinov2Model of transformers, in safetensors.
        device: torch's.

    Raises:
        WeightsError: it is missing, of another class, pickled, damaged or incomplete.
    """
    encoder = _encoder(Dinov2Model, folder, ("dinov2",), device)
    return EmbeddingScorer(
        "dino",
        lambda read: encoder(read).last_hidden_state[:, 0],
        encoder_size_px(encoder),
        IMAGENET_MEAN,
        IMAGENET_STD,
        device,
    )


def clip_scorer(folder: Path, device: str = "cpu") -> EmbeddingScorer:
    """Likeness by the projected image embedding of a CLIP (Radford et al. 2021): CLIP-I.

    Args:
        folder: of a CLIPVisionModelWithProjection or a whole CLIPModel of transformers, in safetensors.
        device: torch's.

    Raises:
        WeightsError: it is missing, of another class, pickled, damaged or incomplete.
    """
    encoder = _encoder(CLIPVisionModelWithProjection, folder, ("clip_vision_model", "clip"), device)
    side_px = encoder.config.image_size
    return EmbeddingScorer(
        "clip", lambda read: encoder(read).image_embeds, side_px, CLIP_MEAN, CLIP_STD, device
    )


def _encoder(kind: Any, folder: Path, types: tuple[str, ...], device: str) -> Any:
    """A network of class `kind`, fp32; nothing is downloaded, no pickle and no code is read."""
    remedy = f"name a folder of transformers' {kind.__name__}, in safetensors"
    if not folder.is_dir():
        raise WeightsError(f"{folder}: is not a folder", remedy)
    require_safe_contents(folder, require_safe_names(folder))
    if not (folder / "config.json").is_file():
        raise WeightsError(f"{folder / 'config.json'}: is missing", remedy)
    found = read_table(folder / "config.json").get("model_type")
    if found not in types:
        raise WeightsError(f"{folder}: is of model type {str(found)[:80]}, expected {types[0]}", remedy)
    return load_part(kind, folder).eval().requires_grad_(False).to(device)
