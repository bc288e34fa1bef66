"""What one batch of pairs teaches the network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from artifix.errors import UsageError
from artifix.network.assembly import Network
from artifix.network.attention import RecordingProcessor, record_attention
from artifix.network.codec import decode, encode
from artifix.network.diffusion import Condition
from artifix.training.losses import correspondence_loss, denoising_loss, matching_accuracy
from artifix.training.pairs.light_match import match_light_plainly
from artifix.training.pairs.synthesis import Pairs
from artifix.training.tasks import ALIGNMENT, MATCHING, REFINEMENT

# Noise levels are uniform to these powers: alignment reads the artifact at low noise, refinement must be
# right from pure noise on.
NOISE_POWERS = {ALIGNMENT: 3.0, REFINEMENT: 0.25}


@dataclass(frozen=True, slots=True)
class LossConfig:
    """Weights of the losses."""

    matching: float = 0.1  # of the detail encoder's own cross-entropy
    correspondence: float = 0.1  # of each layer's cross-entropy beside the denoising loss
    condition_drop: float = 0.1  # share of tokens dropped, for classifier-free guidance
    wrong_region: float = 0.06  # share of refinement pairs whose reference shows something else
    layers: tuple[str, ...] = (
        "down_blocks.1.attentions.0",
        "up_blocks.0.attentions.1",
        "up_blocks.1.attentions.0",
    )  # supervised cross-attention, in execution order


def task_loss(
    network: Network, task: str, pairs: Pairs, config: LossConfig, random: Generator
) -> dict[str, Tensor]:
    """The loss of a batch: scalars by name, "loss" the one to minimise, the others to be told.

    Args:
        network: the parts that are trained.
        task: of tasks.py, the one that `pairs` were drawn for.
        pairs: on the network's device.
        config: weights of the losses.
        random: on the network's device.
    """
    losses = {MATCHING: matching_loss, ALIGNMENT: alignment_loss, REFINEMENT: refinement_loss}
    return losses[task](network, pairs, config, random)


def noise_levels(task: str, count: int, timesteps: int, random: Generator) -> Tensor:
    """(count,) timesteps: mostly high for refinement, mostly low for alignment."""
    level = torch.rand(count, generator=random, device=random.device)
    return (level ** NOISE_POWERS[task] * timesteps).long()


def alignment_condition(network: Network, pairs: Pairs) -> Condition:
    """The condition of a batch whose crops keep their artifact; nothing is known of the masked part."""
    return network.condition(pairs.clean, pairs.mask, network.compare(pairs.garbled, pairs.reference))


def refinement_condition(network: Network, pairs: Pairs, kept: Tensor | None = None) -> Condition:
    """The condition of a batch as refinement has it; rows that are not `kept` (B,) bool have no reference.

    Matching sees the paste where there is one, and where there is none the artifact, which is hidden from
    the U-Net.
    """
    aligned = match_light_plainly(pairs.aligned, pairs.clean, pairs.mask, pairs.valid)
    known = pairs.mask * pairs.valid
    seen = torch.where(known > 0, aligned, pairs.garbled)
    comparison = network.compare(seen, pairs.reference, pairs.mask - known)
    condition = network.condition(pairs.clean, pairs.mask, comparison, aligned, pairs.valid)
    return condition if kept is None else condition.kept(kept)


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
        network.denoiser.predict_clean(noisy, timestep, condition)
    return recorders


def matching_loss(network: Network, pairs: Pairs, config: LossConfig, random: Generator) -> dict[str, Tensor]:
    """The detail encoder alone: it learns to compare before the U-Net learns to use it.

    Raises:
        UsageError: the network has no detail encoder.
    """
    if network.detail_encoder is None:
        raise UsageError(
            "a phase has a matching_batch, but the network has no detail encoder",
            "set matching_batch to 0, or give the network detail_widths",
        )
    crop, reference = (network.detail_encoder(pictures) for pictures in (pairs.garbled, pairs.reference))
    similar = network.detail_encoder.match_logits(crop, reference).softmax(-1)
    loss = correspondence_loss(similar, pairs.match, pairs.matchable, pairs.mask)
    pck = matching_accuracy(similar, pairs.match, pairs.matchable, pairs.mask)
    return {"loss": config.matching * loss, "match": loss.detach(), "match_pck": pck}


def alignment_loss(
    network: Network, pairs: Pairs, config: LossConfig, random: Generator
) -> dict[str, Tensor]:
    """Where is the masked part? The image keeps its artifact; the pass ends at the last supervised layer."""
    condition = alignment_condition(network, pairs)
    seen = encode(network.codec, pairs.garbled)
    timestep = noise_levels(ALIGNMENT, len(seen), network.scheduler.config.num_train_timesteps, random)
    recorders = attend(network, seen, timestep, condition, config.layers, random)
    losses = _attention_losses(recorders, pairs, pairs.matchable)
    loss = config.correspondence * sum(losses[1:], losses[0])
    loss = loss + config.matching * _matches_loss(condition, pairs, pairs.matchable)
    found = recorders[config.layers[-1]].recorded
    return {
        "loss": loss,
        "where": losses[-1].detach(),
        "pck": matching_accuracy(found, pairs.match, pairs.matchable, pairs.mask),
    }


def refinement_loss(
    network: Network, pairs: Pairs, config: LossConfig, random: Generator
) -> dict[str, Tensor]:
    """What does the masked part look like? Denoise the clean crop, conditioned on the matching region."""
    draw = torch.rand(len(pairs.clean), generator=random, device=random.device)
    kept = draw >= config.condition_drop
    wrong = draw > 1 - config.wrong_region
    pairs = _with_wrong_references(pairs, wrong)
    condition = refinement_condition(network, pairs, kept)
    clean = encode(network.codec, pairs.clean)
    timestep = noise_levels(REFINEMENT, len(clean), network.scheduler.config.num_train_timesteps, random)
    noise = torch.randn(clean.shape, generator=random, device=random.device)
    with record_attention(network.unet, config.layers) as recorders:
        noisy = network.noisy(clean, noise, timestep)
        predicted = network.denoiser.predict_clean(noisy, timestep, condition)
    scale = network.denoiser.prediction_scale(timestep)
    what = _reconstruction_loss(network, pairs, (clean, predicted), condition, scale)
    matchable = pairs.matchable * (kept & ~wrong).view(-1, 1, 1, 1)
    losses = _attention_losses(recorders, pairs, matchable)
    loss = what + config.correspondence * sum(losses[1:], losses[0])
    return {
        "loss": loss + config.matching * _matches_loss(condition, pairs, matchable),
        "what": what.detach(),
    }


def _with_wrong_references(pairs: Pairs, wrong: Tensor) -> Pairs:
    """Where alignment erred, the region shows something else: that of the next pair of the batch."""
    other = pairs.reference.roll(1, 0)
    return replace(pairs, reference=torch.where(wrong.view(-1, 1, 1, 1), other, pairs.reference))


def _attention_losses(
    recorders: dict[str, RecordingProcessor], pairs: Pairs, matchable: Tensor
) -> list[Tensor]:
    return [
        correspondence_loss(recorder.recorded, pairs.match, matchable, pairs.mask)
        for recorder in recorders.values()
    ]


def _matches_loss(condition: Condition, pairs: Pairs, matchable: Tensor) -> Tensor | float:
    """Of the detail encoder's own matches, where there are any."""
    if not condition.matches:
        return 0.0
    return correspondence_loss(condition.matches[0].softmax(-1), pairs.match, matchable, pairs.mask)


def _reconstruction_loss(
    network: Network, pairs: Pairs, latents: tuple[Tensor, Tensor], condition: Condition, scale: Tensor
) -> Tensor:
    """Of the clean and the predicted latents, on pixels where the codec gives them back exactly."""
    clean, predicted = latents
    if network.is_lossless:
        return denoising_loss(pairs.clean, decode(network.codec, predicted), pairs.mask, scale)
    return denoising_loss(clean, predicted, condition.mask, scale)
