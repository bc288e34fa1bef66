"""How well the network does on pairs it never trains on, in figures and in a picture."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor
from torch.nn import functional

from artifix.network.assembly import Network
from artifix.network.codec import decode, encode
from artifix.training.losses import denoising_loss, map_overlap, matching_accuracy
from artifix.training.pairs.light_match import match_light_plainly
from artifix.training.pairs.sources import Sources
from artifix.training.pairs.synthesis import Pairs, make_pairs
from artifix.training.pairs.synthesis_config import SynthesisConfig
from artifix.training.step import LossConfig, alignment_condition, attend, refinement_condition
from artifix.training.tasks import ALIGNMENT, REFINEMENT
from artifix.writing import write_file

SEED = 20_240_117
COUNT = 48  # pairs of each task
AT_ONCE = 16  # of them pass through the network
LEVELS = 0.1, 0.3, 0.5, 0.7, 0.9  # noise levels of the denoising loss, shares of the schedule


def validation_pairs(sources: Sources, network: Network, config: SynthesisConfig) -> dict[str, Pairs]:
    """The fixed pairs of each task, drawn from held-out sources; the same in every part of a run."""
    random = Generator(network.device).manual_seed(SEED)
    sizes = network.working_size_px, network.reference_size_px
    return {
        task: make_pairs(sources, task, COUNT, *sizes, config, random) for task in (ALIGNMENT, REFINEMENT)
    }


@torch.no_grad()
def validate(
    network: Network, pairs: Mapping[str, Pairs], losses: LossConfig, steps: int = 4
) -> dict[str, float]:
    """Figures on the fixed pairs.

    Args:
        network: in evaluation mode.
        pairs: of `validation_pairs`.
        losses: names the supervised layers.
        steps: of the sampler.

    Returns:
        pck: PCK@0.1, share of the masked queries that the last supervised layer matches within a tenth of the
        reference's side; pck_LAYER of every supervised layer, pck_detail of the detail encoder.
        miou_LAYER, miou_detail: overlap of M* with the true region, which the calibration goes by.
        denoising_10 to denoising_90: the denoising loss at that percentage of the noise schedule.
        paste_db, refined_db, tokens_db: PSNR in the mask of the light-matched paste, of the network, and of
        the network without the aligned reference; on the pairs that have one, left out if none has.
    """
    batches = list(_batches(pairs[REFINEMENT]))
    return (
        _where(network, pairs[ALIGNMENT], losses)
        | _denoising(network, batches)
        | _what(network, batches, steps)
    )


def _batches(pairs: Pairs) -> Iterator[Pairs]:
    for start in range(0, len(pairs.clean), AT_ONCE):
        rows = {f.name: getattr(pairs, f.name)[start : start + AT_ONCE] for f in fields(pairs)}
        yield replace(pairs, **rows)


def _where(network: Network, pairs: Pairs, losses: LossConfig) -> dict[str, float]:
    random = Generator(network.device).manual_seed(SEED)
    found: dict[str, list[Tensor]] = {}
    for batch in _batches(pairs):
        condition = alignment_condition(network, batch)
        seen = encode(network.codec, batch.garbled)
        timestep = torch.zeros(len(seen), dtype=torch.int64, device=network.device)
        recorders = attend(network, seen, timestep, condition, losses.layers, random)
        for layer, recorder in recorders.items():
            found.setdefault(layer, []).append(recorder.recorded)
        if condition.matches:
            found.setdefault("detail", []).append(condition.matches[0].softmax(-1))
    truth = pairs.match, pairs.matchable, pairs.mask
    figures = {
        f"{figure}_{place}": measure(torch.cat(parts), *truth).item()
        for figure, measure in (("pck", matching_accuracy), ("miou", map_overlap))
        for place, parts in found.items()
    }
    return {"pck": figures[f"pck_{losses.layers[-1]}"], **figures}


def _denoising(network: Network, batches: Sequence[Pairs]) -> dict[str, float]:
    random = Generator(network.device).manual_seed(SEED)
    sums = dict.fromkeys(LEVELS, 0.0)
    count = sum(len(batch.clean) for batch in batches)
    for batch in batches:
        condition = refinement_condition(network, batch)
        clean = encode(network.codec, batch.clean)
        for level in LEVELS:
            at = int(level * network.scheduler.config.num_train_timesteps)
            timestep = torch.full((len(clean),), at, dtype=torch.int64, device=network.device)
            noise = torch.randn(clean.shape, generator=random, device=random.device)
            noisy = network.noisy(clean, noise, timestep)
            predicted = network.denoiser.predict_clean(noisy, timestep, condition)
            if network.is_lossless:
                loss = denoising_loss(batch.clean, decode(network.codec, predicted), batch.mask)
            else:
                loss = denoising_loss(clean, predicted, condition.mask)
            sums[level] += loss.item() * len(clean) / count
    return {f"denoising_{round(100 * level)}": loss for level, loss in sums.items()}


def _what(network: Network, batches: Sequence[Pairs], steps: int) -> dict[str, float]:
    scores: dict[str, list[Tensor]] = {"paste_db": [], "refined_db": [], "tokens_db": []}
    for whole in batches:
        rows = torch.nonzero(whole.valid.amax((1, 2, 3)) > 0).squeeze(1)
        if not len(rows):
            continue
        batch = replace(whole, **{f.name: getattr(whole, f.name)[rows] for f in fields(whole)})
        alone = replace(batch, aligned=torch.zeros_like(batch.aligned), valid=torch.zeros_like(batch.valid))
        pasted = match_light_plainly(batch.aligned, batch.clean, batch.mask, batch.valid)
        scores["paste_db"].append(_psnr(pasted, batch))
        scores["refined_db"].append(_psnr(draw(network, batch, steps), batch))
        scores["tokens_db"].append(_psnr(draw(network, alone, steps), batch))
    return {name: torch.cat(parts).mean().item() for name, parts in scores.items() if parts}


@torch.no_grad()
def draw(network: Network, pairs: Pairs, steps: int) -> Tensor:
    """Refine a batch: (B, 3, S, S) in [-1, 1], the crop outside the mask as it was."""
    random = Generator(network.device).manual_seed(SEED)
    condition = refinement_condition(network, pairs)
    noise = torch.randn(condition.masked.shape, generator=random, device=random.device)
    latents = network.denoiser.sample(noise, condition, steps=steps, guidance_scale=1.0)
    pixels = decode(network.codec, latents).clamp(-1, 1)
    return torch.where(pairs.mask > 0, pixels, pairs.clean)


def _psnr(pictures: Tensor, pairs: Pairs) -> Tensor:
    """(B,) PSNR in the mask [dB]."""
    error = ((pictures - pairs.clean).square() / 4 * pairs.mask).sum((1, 2, 3))
    return -10 * (error / (3 * pairs.mask.sum((1, 2, 3))).clamp_min(1)).clamp_min(1e-6).log10()


def write_sheet(path: Path, network: Network, pairs: Pairs, rows: int = 10, steps: int = 4) -> None:
    """A picture sheet: garbled, reference, aligned reference, refined, clean; one pair a row."""
    few = replace(pairs, **{f.name: getattr(pairs, f.name)[:rows] for f in fields(pairs)})
    *seen, clean = sheet_columns(few)
    save_sheet(path, [*seen, draw(network, few, steps), clean])


def sheet_columns(pairs: Pairs) -> list[Tensor]:
    """What is seen of pairs without a network: garbled, reference, aligned reference, clean."""
    return [pairs.garbled, pairs.reference, pairs.aligned, pairs.clean]


def save_sheet(path: Path, columns: Sequence[Tensor]) -> None:
    """Write (B, 3, S, S) pictures in [-1, 1] side by side, one of each column a row, at the first's size.

    Raises:
        OSError: the disk refuses; an earlier sheet stays.
    """
    side = columns[0].shape[-1]
    alike = [functional.interpolate(column.float(), (side, side), mode="area") for column in columns]
    sheet = torch.cat([torch.cat(list(column), dim=1) for column in alike], dim=2)
    # A picture of a batch gone wrong may hold what is no number.
    pixels = ((sheet.nan_to_num(0.0).permute(1, 2, 0).cpu().numpy() + 1) * 127.5).clip(0, 255)
    write_file(path, lambda stream: Image.fromarray(pixels.astype(np.uint8)).save(stream, "PNG"))
