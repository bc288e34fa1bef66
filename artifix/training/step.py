"""What one batch of pairs teaches the network."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from artifix.network.assembly import Network
from artifix.network.attention import RecordingProcessor, record_attention
from artifix.network.codec import decode, encode
from artifix.network.diffusion import Condition, predict_clean
from artifix.training.losses import correspondence_loss, denoising_loss, matching_accuracy
from artifix.training.photometry import match_light
from artifix.training.synthesis import ALIGNMENT, Pairs


@dataclass(frozen=True, slots=True)
class LossConfig:
    """Weights of the losses."""

    correspondence: float = 0.1  # of the cross-entropy beside the denoising loss
    condition_drop: float = 0.1  # share of tokens dropped, for classifier-free guidance
    layers: tuple[str, ...] = (
        "up_blocks.0.attentions.1",
        "up_blocks.1.attentions.0",
    )  # supervised cross-attention


def noise_levels(task: str, count: int, timesteps: int, random: Generator) -> Tensor:
    """(count,) timesteps: any for refinement, mostly low for alignment, which reads the artifact."""
    level = torch.rand(count, generator=random, device=random.device)
    return ((level**3 if task == ALIGNMENT else level) * timesteps).long()


def conditions(
    network: Network,
    pairs: Pairs,
    drop: float,
    random: Generator,
    details: tuple[Tensor, Tensor] | tuple[None, None] = (None, None),
) -> tuple[Condition, Tensor]:
    """The condition of a batch and which rows kept their tokens (B,) bool.

    `details` is what the detail encoder sees in crop and reference, where the crop is not the paste.
    """
    tokens = network.tokens(pairs.reference, details[1])
    kept = torch.rand(len(tokens), generator=random, device=random.device) >= drop
    aligned = match_light(pairs.aligned, pairs.clean, pairs.mask, pairs.valid)
    tokens = tokens * kept.view(-1, 1, 1)
    return network.condition(pairs.clean, pairs.mask, tokens, aligned, pairs.valid, details[0]), kept


def look_at_artifact(network: Network, pairs: Pairs) -> tuple[Tensor, Tensor] | tuple[None, None]:
    """What the detail encoder sees in the garbled crops and in the references."""
    if network.detail_encoder is None:
        return None, None
    return network.detail_encoder(pairs.garbled), network.detail_encoder(pairs.reference)


def attend(
    network: Network,
    seen: Tensor,
    timestep: Tensor,
    condition: Condition,
    layers: Sequence[str],
    random: Generator,
) -> dict[str, RecordingProcessor]:
    """Record the attention of `layers` to `seen` (B, C, h, w) latents, noised; the pass ends at the last."""
    noise = torch.randn(seen.shape, generator=random, device=random.device)
    noisy = network.noisy(seen, noise, timestep)
    with record_attention(network.unet, layers, stop_after_last=True) as recorders:
        predict_clean(network.unet, network.scheduler, noisy, timestep, condition, network.residual)
    return recorders


def alignment_loss(
    network: Network, pairs: Pairs, config: LossConfig, random: Generator
) -> dict[str, Tensor]:
    """Where is the masked part? The image keeps its artifact; the pass ends at the last supervised layer."""
    details = look_at_artifact(network, pairs)
    condition, _ = conditions(network, pairs, 0.0, random, details)
    seen = encode(network.codec, pairs.garbled)
    timestep = noise_levels(ALIGNMENT, len(seen), network.scheduler.config.num_train_timesteps, random)
    recorders = attend(network, seen, timestep, condition, config.layers, random)
    losses = [
        correspondence_loss(recorder.recorded, pairs.match, pairs.matchable, pairs.mask)
        for recorder in recorders.values()
    ]
    found = recorders[config.layers[-1]].recorded
    if network.detail_encoder is not None and details[0] is not None:
        # The detail encoder's own matches: it learns to compare before the U-Net learns to use it.
        similar = network.detail_encoder.similarity(*details)
        losses.insert(0, correspondence_loss(similar, pairs.match, pairs.matchable, pairs.mask))
    return {
        "loss": config.correspondence * sum(losses[1:], losses[0]),
        "detail": losses[0].detach(),
        "where": losses[-1].detach(),
        "hits": matching_accuracy(found, pairs.match, pairs.matchable, pairs.mask),
    }


def refinement_loss(
    network: Network, pairs: Pairs, config: LossConfig, random: Generator
) -> dict[str, Tensor]:
    """What does the masked part look like? Denoise the clean crop, conditioned on the matching region."""
    condition, kept = conditions(network, pairs, config.condition_drop, random)
    clean = encode(network.codec, pairs.clean)
    timestep = noise_levels("refinement", len(clean), network.scheduler.config.num_train_timesteps, random)
    noise = torch.randn(clean.shape, generator=random, device=random.device)
    with record_attention(network.unet, config.layers) as recorders:
        predicted = predict_clean(
            network.unet,
            network.scheduler,
            network.noisy(clean, noise, timestep),
            timestep,
            condition,
            network.residual,
        )
    what = _reconstruction_loss(network, pairs, clean, predicted, condition)
    matchable = pairs.matchable * kept.view(-1, 1, 1, 1)
    losses = [
        correspondence_loss(recorder.recorded, pairs.match, matchable, pairs.mask)
        for recorder in recorders.values()
    ]
    where = sum(losses[1:], losses[0])
    return {"loss": what + config.correspondence * where, "what": what.detach()}


def _reconstruction_loss(
    network: Network, pairs: Pairs, clean: Tensor, predicted: Tensor, condition: Condition
) -> Tensor:
    if network.is_lossless:
        return denoising_loss(pairs.clean, decode(network.codec, predicted), pairs.mask)
    return denoising_loss(clean, predicted, condition.mask)
