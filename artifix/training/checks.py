"""A config that contradicts itself is refused before anything is decoded or built."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from artifix.config_sections import Limits, to_dict
from artifix.errors import UsageError
from artifix.network.assembly import Network
from artifix.network.codec import pixel_factor
from artifix.setting_names import setting
from artifix.training.config import Phase, TrainingConfig
from artifix.training.pairs.pack import is_pack

DETAIL_CELL_PX = 32  # the coarsest of the detail encoder
CHOICES = {"optimizer.schedule": ("cosine", "constant"), "loop.precision": ("auto", "fp32", "bf16", "fp16")}
_ANY, _SHARE, _COUNT = Limits(0, math.inf), Limits(0, 1), Limits(1, math.inf)
_POSITIVE = Limits(0, math.inf, open_below=True)
LIMITS = {
    "steps": _COUNT,
    "seed": Limits(0, 2**32 - 1),
    "data.source_px": Limits(32, math.inf),
    "data.decal_px": Limits(8, math.inf),
    "data.lettering": _ANY,
    "losses.matching": _ANY,
    "losses.correspondence": _ANY,
    "losses.condition_drop": _SHARE,
    "losses.wrong_region": _SHARE,
    "optimizer.learning_rate": _POSITIVE,
    "optimizer.projection_learning_rate": _POSITIVE,
    "optimizer.warmup_steps": _ANY,
    "optimizer.weight_decay": _ANY,
    "optimizer.beta2": _SHARE,
    "optimizer.gradient_norm": _POSITIVE,
    "optimizer.ema_decay": _SHARE,
    "loop.gradient_accumulation": _COUNT,
    "loop.log_every_s": _ANY,
    "loop.checkpoint_every_s": _ANY,
    "loop.validate_every_steps": _COUNT,
}


def check_config(config: TrainingConfig) -> None:
    """Refuse what cannot be trained; everything that can be known without data and weights.

    Raises:
        UsageError: names the field, its value and the remedy.
    """
    values = to_dict(config)
    shares = {
        f"{section}.{name}": _SHARE
        for section in ("data", "synthesis")
        for name in values[section]
        if name.endswith("_share")
    }
    for name, limits in (LIMITS | shares).items():
        value = _at(values, name)
        if value is not None and not limits.hold(value):
            least = f"above {limits.least}" if limits.open_below else limits
            raise UsageError(f"{name} is {value}", f"set it to a number: {least}")
    for name, choices in CHOICES.items():
        if _at(values, name) not in choices:
            raise UsageError(f"{name} is {_at(values, name)!r}", f"set it to {' or '.join(choices)}")
    base = config.base
    if base.pipeline and (base.unet or base.autoencoder or base.image_encoder):
        raise UsageError(
            f"base.pipeline is {base.pipeline}, but base.unet, base.autoencoder or base.image_encoder is set "
            "too",
            "set base.pipeline alone for fine-tuning, or leave it empty",
        )
    if base.autoencoder and not base.unet:
        raise UsageError(
            f"base.autoencoder is {base.autoencoder}, but base.unet is not set",
            "set base.unet to a U-Net of its latents; a network from scratch has a codec of its own",
        )
    _check_shares(config)
    _check_phases(config)


def _at(values: dict[str, Any], name: str) -> Any:
    for part in name.split("."):
        values = values[part]
    return values


def _check_shares(config: TrainingConfig) -> None:
    data = config.data
    total = data.images_share + data.pairs_share + data.real_share + data.procedural_share
    if abs(total - 1) > 1e-3:
        raise UsageError(
            f"data.images_share, pairs_share, real_share and procedural_share are {data.images_share}, "
            f"{data.pairs_share}, {data.real_share} and {data.procedural_share}, {total:g} together",
            "set them so that they are 1 together",
        )
    if data.procedural_share and data.procedural_scenes < 2:
        raise UsageError(f"data.procedural_scenes is {data.procedural_scenes}", "set it to 2 or more")


def _check_phases(config: TrainingConfig) -> None:
    if not config.phases:
        raise UsageError("phases is empty", "add a [[phases]] table to the recipe")
    is_new = not (config.base.pipeline or config.base.unet)  # the sizes of others are known once loaded
    for number, phase in enumerate(config.phases):
        where = f"phases[{number}]"
        _check_counts(where, phase)
        if not is_new:
            continue
        network = config.network
        _check_crop(
            where,
            phase.crop_px,
            network.working_size_px,
            _step_px(network.codec_factor, len(network.unet_widths), bool(network.detail_widths)),
        )
        if phase.matching_batch and not network.detail_widths:
            raise UsageError(
                f"{where}.matching_batch is {phase.matching_batch}, but network.detail_widths is empty: "
                "there is no detail encoder to teach",
                "set matching_batch to 0, or give the network detail_widths",
            )


def _check_counts(where: str, phase: Phase) -> None:
    if not (math.isfinite(phase.share) and phase.share > 0):
        raise UsageError(f"{where}.share is {phase.share}", "set it above 0, or leave the phase out")
    counts = {
        "matching_batch": phase.matching_batch,
        "alignment_batch": phase.alignment_batch,
        "refinement_batch": phase.refinement_batch,
    }
    for name, count in counts.items():
        if count < 0:
            raise UsageError(f"{where}.{name} is {count}", "set it to 0 or more")
    if not any(counts.values()):
        raise UsageError(f"{where} has no batch", f"set one of {', '.join(counts)} above 0")


def _check_crop(where: str, crop_px: int, working_px: int, step_px: int) -> None:
    if crop_px <= 0 or crop_px % step_px:
        raise UsageError(
            f"{where}.crop_px is {crop_px}, which the network cannot divide into its cells",
            f"set it to a multiple of {step_px}",
        )
    if crop_px > working_px:
        raise UsageError(
            f"{where}.crop_px is {crop_px}, but the network's working size is {working_px} px",
            f"set crop_px to {working_px} or less, or train a network of a larger working_size_px",
        )


def _step_px(codec_factor: int, levels: int, has_detail: bool) -> int:
    """What the side of a crop must be a multiple of [px]."""
    unet_px = codec_factor * 2 ** (levels - 1)
    return math.lcm(unet_px, DETAIL_CELL_PX) if has_detail else unet_px


def check_network(config: TrainingConfig, network: Network) -> None:
    """Refuse what does not fit the network that training starts with.

    Raises:
        UsageError: crops it cannot take, or a task for a part that is not there.
    """
    has_detail = network.detail_encoder is not None
    levels = len(network.unet.config.block_out_channels)
    step_px = _step_px(pixel_factor(network.codec), levels, has_detail)
    for number, phase in enumerate(config.phases):
        _check_crop(f"phases[{number}]", phase.crop_px, network.working_size_px, step_px)
        if phase.matching_batch and not has_detail:
            raise UsageError(
                f"phases[{number}].matching_batch is {phase.matching_batch}, "
                "but the network has no detail encoder",
                "set matching_batch to 0",
            )


def check_data(config: TrainingConfig, images: Sequence[Path], pairs: Sequence[Path]) -> None:
    """Refuse folders that the shares of the data do not use, and shares without a folder.

    Raises:
        UsageError: names the option and the share.
    """
    packs = [folder for folder in images if is_pack(folder)]
    plain = [folder for folder in images if folder not in packs]
    data = config.data
    for option, share, folders in (
        (setting("data"), "images_share", images),
        (setting("pairs"), "pairs_share", pairs),
        (f"{setting('data')} with a pack", "real_share", packs),
    ):
        value = getattr(data, share)
        if value and not folders:
            raise UsageError(
                f"data.{share} is {value}, but no {option} is given",
                f"give {option} DIR, or set the shares of the data without it "
                f"({setting('set')} data.{share}=0)",
            )
    for option, share, folders, used in (
        (setting("data"), "images_share", plain, data.images_share),
        (setting("pairs"), "pairs_share", pairs, data.pairs_share),
        (setting("data"), "real_share", packs, data.images_share + data.real_share),
    ):
        if folders and not used:
            raise UsageError(
                f"{option} {folders[0]} is given, but data.{share} is 0",
                f"leave out {option}, or give it a share "
                f"({setting('set')} data.{share}=0.3, the shares 1 together)",
            )
