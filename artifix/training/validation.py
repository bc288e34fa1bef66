"""How well the network does on pairs it never trains on, in figures and in a picture."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor

from artifix.network.assembly import Network
from artifix.network.codec import decode, encode
from artifix.network.diffusion import sample
from artifix.training.losses import matching_accuracy
from artifix.training.photometry import match_light
from artifix.training.sources import Sources
from artifix.training.step import LossConfig, all_kept, attend, conditions, look_at_artifact
from artifix.training.synthesis import Pairs, SynthesisConfig, make_pairs
from artifix.training.tasks import ALIGNMENT, REFINEMENT

SEED = 20_240_117
COUNT = 48


def validation_pairs(sources: Sources, network: Network, config: SynthesisConfig) -> dict[str, Pairs]:
    """The fixed batch of each task, drawn from held-out sources."""
    random = Generator(sources.images.device).manual_seed(SEED)
    sizes = network.working_size_px, network.reference_size_px
    return {
        task: make_pairs(sources, task, COUNT, *sizes, config, random) for task in (ALIGNMENT, REFINEMENT)
    }


@torch.no_grad()
def validate(
    network: Network, pairs: dict[str, Pairs], losses: LossConfig, steps: int = 4
) -> dict[str, float]:
    """Figures on the fixed batches.

    Returns:
        hits: share of the masked queries matched within a tenth of the reference's side.
        paste_db, refined_db: PSNR in the mask where an aligned reference is given: the light-matched paste,
        the network; tokens_db: the network without an aligned reference.
    """
    return _where(network, pairs[ALIGNMENT], losses) | _what(network, pairs[REFINEMENT], steps)


def _where(network: Network, pairs: Pairs, losses: LossConfig) -> dict[str, float]:
    random = Generator(network.device).manual_seed(SEED)
    condition = conditions(network, pairs, all_kept(pairs), look_at_artifact(network, pairs))
    seen = encode(network.codec, pairs.garbled)
    timestep = torch.zeros(len(seen), dtype=torch.int64, device=network.device)
    recorders = attend(network, seen, timestep, condition, losses.layers, random)
    found = recorders[losses.layers[-1]].recorded
    return {"hits": matching_accuracy(found, pairs.match, pairs.matchable, pairs.mask).item()}


def _what(network: Network, pairs: Pairs, steps: int) -> dict[str, float]:
    refined = draw(network, pairs, steps)
    pasted = match_light(pairs.aligned, pairs.clean, pairs.mask, pairs.valid)
    has_aligned = pairs.valid.amax((1, 2, 3)) > 0
    quality = _psnr(refined, pairs)
    return {
        "paste_db": _psnr(pasted, pairs)[has_aligned].mean().item(),
        "refined_db": quality[has_aligned].mean().item(),
        "tokens_db": quality[~has_aligned].mean().item(),
    }


def draw(network: Network, pairs: Pairs, steps: int) -> Tensor:
    """Refine a batch: (B, 3, S, S) in [-1, 1], the crop outside the mask as it was."""
    random = Generator(network.device).manual_seed(SEED)
    condition = conditions(network, pairs, all_kept(pairs))
    noise = torch.randn(condition.masked.shape, generator=random, device=random.device)
    latents = sample(
        network.unet,
        network.scheduler,
        noise,
        condition,
        residual=network.residual,
        steps=steps,
        guidance_scale=1.0,
    )
    pixels = decode(network.codec, latents).clamp(-1, 1)
    return torch.where(pairs.mask > 0, pixels, pairs.clean)


def _psnr(pictures: Tensor, pairs: Pairs) -> Tensor:
    """(B,) PSNR in the mask [dB]."""
    error = ((pictures - pairs.clean).square() / 4 * pairs.mask).sum((1, 2, 3))
    return -10 * (error / (3 * pairs.mask.sum((1, 2, 3))).clamp_min(1)).clamp_min(1e-6).log10()


@torch.no_grad()
def write_sheet(path: Path, network: Network, pairs: Pairs, rows: int = 10, steps: int = 4) -> None:
    """A picture sheet: garbled, reference, aligned reference, refined, clean; one pair a row."""
    refined = draw(network, pairs, steps)
    side = pairs.clean.shape[-1]
    reference = torch.nn.functional.interpolate(pairs.reference, (side, side), mode="area")
    columns = [pairs.garbled, reference, pairs.aligned, refined, pairs.clean]
    sheet = torch.cat([torch.cat(list(column[:rows]), dim=1) for column in columns], dim=2)
    pixels = ((sheet.float().permute(1, 2, 0).cpu().numpy() + 1) * 127.5).clip(0, 255).astype(np.uint8)
    scratch = path.with_suffix(".tmp.png")
    Image.fromarray(pixels).save(scratch)
    scratch.replace(path)
