"""The denoiser's inputs, its prediction of the clean latents, and sampling with few steps."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from diffusers import SchedulerMixin, UNet2DConditionModel
from torch import Tensor

from artifix.network.attention import remembered_tokens


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """What the denoiser knows besides the noisy latents. All at latent size (h, w), the crop's frame."""

    mask: Tensor  # (B, 1, h, w) in [0, 1], 1 = repaint
    masked: Tensor  # (B, C, h, w) latents of the crop with the masked pixels set to 0
    tokens: Tensor  # (B, N, D) projected tokens of the reference
    aligned: Tensor  # (B, C, h, w) latents of the reference warped into the crop; 0 where there is none
    valid: Tensor  # (B, 1, h, w) in [0, 1], 1 where `aligned` shows the reference
    features: tuple[Tensor, ...]  # each (B, F, h / 2, w / 2), the crop's detail, before attention and after
    matches: tuple[Tensor, ...]  # each (B, queries, N), logits of matches with the tokens, finest grid first
    readings: tuple[Tensor, ...]  # as `features`, of the reference as matches show it in the crop's frame
    skips: tuple[Tensor, ...]  # each (B, F, h, w), the same for the first skips to the decoder
    copied: Tensor  # (B, C, h, w) latents of the reference as matches show it in the crop's frame
    share: Tensor  # (B, 1, h, w) in [0, 1], how much of the clean latents is copied from there
    start: Tensor  # (B, C, h, w) starting estimate of the clean latents: `aligned` pasted into the mask

    def beside(
        self, tokens: Tensor, features: tuple[Tensor, ...], matches: tuple[Tensor, ...]
    ) -> "Condition":
        """The same crops with another reference."""
        return replace(self, tokens=tokens, features=features, matches=matches)

    def kept(self, rows: Tensor) -> "Condition":
        """Nothing is read of the reference where `rows` (B,) bool is False."""
        return replace(
            self,
            tokens=_kept(self.tokens, rows),
            readings=tuple(_kept(part, rows) for part in self.readings),
            skips=tuple(_kept(part, rows) for part in self.skips),
            share=_kept(self.share, rows),
        )

    def without_tokens(self) -> "Condition":
        """The unconditional branch of classifier-free guidance: nothing read, as dropped in training."""
        return self.kept(torch.zeros(len(self.tokens), dtype=torch.bool, device=self.tokens.device))

    def with_unconditional(self) -> "Condition":
        """Both branches of classifier-free guidance in one batch of 2 B: conditional, then unconditional."""
        blind = self.without_tokens()
        joined: dict[str, Any] = {
            f.name: _joined_rows(getattr(self, f.name), getattr(blind, f.name)) for f in fields(self)
        }
        return Condition(**joined)

    def repeated(self, count: int) -> "Condition":
        """A batch of one, repeated without copying."""
        repeated: dict[str, Any] = {f.name: _repeated(getattr(self, f.name), count) for f in fields(self)}
        return Condition(**repeated)


def _kept(part: Tensor, rows: Tensor) -> Tensor:
    return part * rows.view(-1, *[1] * (part.dim() - 1)).to(part.dtype)


def _joined_rows(
    first: Tensor | tuple[Tensor, ...], second: Tensor | tuple[Tensor, ...]
) -> Tensor | tuple[Tensor, ...]:
    if isinstance(first, tuple):
        return tuple(torch.cat(pair) for pair in zip(first, second, strict=True))
    return torch.cat([first, second])  # type: ignore[list-item]  # both are tensors, or both tuples


def _repeated(part: Tensor | tuple[Tensor, ...], count: int) -> Tensor | tuple[Tensor, ...]:
    if isinstance(part, tuple):
        return tuple(single.expand(count, *single.shape[1:]) for single in part)
    return part.expand(count, *part.shape[1:])


def has_aligned_channels(unet: UNet2DConditionModel) -> bool:
    """Whether the U-Net takes the aligned reference besides Stable Diffusion's inpainting channels."""
    return unet.config.in_channels != inpainting_channels(unet)


def inpainting_channels(unet: UNet2DConditionModel) -> int:
    """Input channels of a plain inpainting U-Net: noisy latents, mask, masked latents."""
    return 2 * unet.config.out_channels + 1


@dataclass(frozen=True, slots=True, eq=False)
class Denoiser:
    """A U-Net with its noise schedule: predicts the clean latents, and draws them in few steps."""

    unet: UNet2DConditionModel
    scheduler: SchedulerMixin  # gives `alphas_cumprod` and `prediction_type`: sample, epsilon or v_prediction
    residual: bool  # the output is a correction of `Condition.start` (prediction type sample only)

    def predict_clean(self, noisy: Tensor, timestep: Tensor, condition: Condition) -> Tensor:
        """The clean latents (B, C, h, w) as the network sees them at one noise level: generated, and copied.

        Args:
            noisy: (B, C, h, w) latents at `timestep`.
            timestep: (B,) int64 of the training schedule.
            condition: see `Condition`.
        """
        output = self.unet(
            unet_input(self.unet, noisy, condition),
            timestep,
            encoder_hidden_states=condition.tokens,
            # As diffusers takes those of a T2I-Adapter: the first joins where the finest block ends, before
            # any attention, the next behind the attention of the second block.
            down_intrablock_additional_residuals=_joined(condition.features, condition.readings),
            # As diffusers takes those of a ControlNet: for every skip, and for the middle.
            down_block_additional_residuals=_for_all_skips(self.unet, condition.skips),
            mid_block_additional_residual=condition.start.new_zeros(()) if condition.skips else None,
            cross_attention_kwargs={"matches": condition.matches} if condition.matches else None,
            return_dict=False,
        )[0]
        generated = self._clean_of(output, noisy, timestep, condition.start)
        # Under autocast an autoencoder encodes in half precision, and noise levels stay in fp32.
        copied, share = (part.to(generated.dtype) for part in (condition.copied, condition.share))
        return torch.lerp(generated, copied, share)

    def _clean_of(self, output: Tensor, noisy: Tensor, timestep: Tensor, start: Tensor) -> Tensor:
        """The clean latents that the network's output stands for."""
        kind = self.scheduler.config.prediction_type
        if kind == "sample":
            return output + start if self.residual else output
        alpha = self.scheduler.alphas_cumprod.to(noisy.device)[timestep].view(-1, 1, 1, 1).to(noisy.dtype)
        if kind == "epsilon":
            return (noisy - (1 - alpha).sqrt() * output) / alpha.sqrt()
        return alpha.sqrt() * noisy - (1 - alpha).sqrt() * output

    def prediction_scale(self, timestep: Tensor) -> Tensor:
        """(B,) by how much an error of the clean latents is one of what the network itself predicts.

        A network that predicts noise is asked for little where the clean latents are hardly there: an error
        of theirs is sqrt(alpha / (1 - alpha)) of the noise, and 1 / sqrt(1 - alpha) of the velocity.
        """
        alpha = self.scheduler.alphas_cumprod.to(timestep.device)[timestep]
        kind = self.scheduler.config.prediction_type
        if kind == "sample":
            return torch.ones_like(alpha)
        return ((alpha if kind == "epsilon" else 1) / (1 - alpha).clamp_min(1e-4)).sqrt()

    def guided_clean(
        self,
        noisy: Tensor,
        timestep: Tensor,
        condition: Condition,
        guidance_scale: float,
        both: Condition | None = None,
    ) -> Tensor:
        """`predict_clean` with classifier-free guidance (Ho & Salimans 2022): one pass of twice the batch.

        Args:
            noisy: (B, C, h, w) latents at `timestep`.
            timestep: (B,) int64 of the training schedule.
            condition: see `Condition`.
            guidance_scale: 1 = none.
            both: `condition.with_unconditional()`, where it is there already.
        """
        if guidance_scale == 1:
            return self.predict_clean(noisy, timestep, condition)
        both = both or condition.with_unconditional()
        clean = self.predict_clean(noisy.repeat(2, 1, 1, 1), timestep.repeat(2), both)
        conditional, blind = clean.chunk(2)
        return blind + guidance_scale * (conditional - blind)

    def ddim_step(self, noisy: Tensor, clean: Tensor, timestep: int, following: int) -> Tensor:
        """One deterministic step of DDIM (Song et al. 2021, eq. 12 with sigma = 0).

        Args:
            noisy: latents at `timestep`.
            clean: the prediction of the clean latents.
            timestep: of the training schedule.
            following: the next, lower timestep; negative means the end, where the clean latents are returned.
        """
        if following < 0:
            return clean
        alpha, alpha_next = (self.scheduler.alphas_cumprod[t].item() for t in (timestep, following))
        noise = (noisy - alpha**0.5 * clean) / max(1 - alpha, 1e-8) ** 0.5
        return alpha_next**0.5 * clean + (1 - alpha_next) ** 0.5 * noise

    def sample(
        self,
        noise: Tensor,
        condition: Condition,
        *,
        steps: int,
        guidance_scale: float,
        strength: float = 1.0,
        after_step: Callable[[int, int], None] = lambda done, total: None,
    ) -> Tensor:
        """Masked diffusion inpainting: draw the clean latents of the crop.

        Args:
            noise: (B, C, h, w) standard normal.
            condition: see `Condition`.
            steps: network evaluations (of twice the batch with guidance).
            guidance_scale: 1 = none.
            strength: 1 starts from pure noise, less from the starting estimate noised to that share of the
                schedule.
            after_step: called with (done, total).

        Returns:
            (B, C, h, w) clean latents; outside the mask they are the network's too: paste only the masked
            part.
        """
        highest = max(int(strength * self.scheduler.config.num_train_timesteps), 1)
        timesteps = [max(round(highest * (steps - i) / steps) - 1, 0) for i in range(steps)]
        alpha = self.scheduler.alphas_cumprod[timesteps[0]].item()
        latents = noise if strength >= 1 else alpha**0.5 * condition.start + (1 - alpha) ** 0.5 * noise
        both = None if guidance_scale == 1 else condition.with_unconditional()
        with remembered_tokens(self.unet):
            for i, timestep in enumerate(timesteps):
                at = torch.full((noise.shape[0],), timestep, dtype=torch.int64, device=noise.device)
                clean = self.guided_clean(latents, at, condition, guidance_scale, both)
                following = timesteps[i + 1] if i + 1 < steps else -1
                latents = self.ddim_step(latents, clean, timestep, following)
                after_step(i + 1, steps)
        return latents


def unet_input(unet: UNet2DConditionModel, noisy: Tensor, condition: Condition) -> Tensor:
    """(B, in_channels, h, w): noisy, mask, masked as Stable Diffusion orders them, then aligned and valid."""
    parts = [noisy, condition.mask, condition.masked]
    if has_aligned_channels(unet):
        parts += [condition.aligned, condition.valid]
    return torch.cat(parts, dim=1)


def _joined(features: tuple[Tensor, ...], readings: tuple[Tensor, ...]) -> list[Tensor] | None:
    if not readings:
        return list(features) or None
    return [feature + reading for feature, reading in zip(features, readings, strict=True)]


def _for_all_skips(unet: UNet2DConditionModel, first: tuple[Tensor, ...]) -> list[Tensor] | None:
    """`first`, and zeros for the skips that follow."""
    if not first:
        return None
    blocks = (len(block.resnets) + len(block.downsamplers or ()) for block in unet.down_blocks)
    return [*first, *[first[0].new_zeros(())] * (1 + sum(blocks) - len(first))]
