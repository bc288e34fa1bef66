"""Public base models put together as weights that a training goes on from."""

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from artifix.config_sections import from_dict
from artifix.errors import OutputError
from artifix.setting_names import setting
from artifix.training.config import BaseConfig, TrainingConfig
from artifix.training.export import Formats, export_weights, require_replaceable
from artifix.training.model_card import Card
from artifix.training.recipes import read_recipe
from artifix.training.start import start_network

RECIPE = "sd15"  # that goes on from them: its layers are supervised


@dataclass(frozen=True, slots=True)
class Bases:
    """Folders of public models."""

    unet: Path  # a diffusers pipeline for inpainting: its U-Net, autoencoder and noise schedule
    image_encoder: Path  # a Dinov2Model
    autoencoder: Path | None = None  # of the same latents, instead of the U-Net's own

    def config(self) -> BaseConfig:
        """The same as a recipe says it."""
        return BaseConfig(
            unet=str(self.unet),
            autoencoder="" if self.autoencoder is None else str(self.autoencoder),
            image_encoder=str(self.image_encoder),
        )


def write_untrained(bases: Bases, out: Path, formats: Formats, seed: int, overwrite: bool) -> Path:
    """Write a pipeline folder: the bases as they are, a new projection, and room for the aligned reference.

    The U-Net's channels of the aligned reference have weights of zero, so that it computes what its base
    does, whatever they hold. The projection is random. The confidence of such weights is not calibrated.

    Args:
        bases: read in fp32.
        out: appears whole or not at all.
        formats: of the numbers in the files; fp32 keeps those of any base.
        seed: of the projection.
        overwrite: weights in `out` may be replaced.

    Returns:
        `out`.

    Raises:
        WeightsError: a base is missing, of another class, pickled, damaged, or does not fit the others.
        UsageError: the U-Net lacks a layer that the recipe supervises.
        OutputError: `out` is there already or holds something else, the disk refuses, or a number is too
            large for its format.
    """
    _require_free(out, overwrite)
    recipe = from_dict(TrainingConfig, read_recipe(RECIPE), RECIPE)
    config = replace(recipe, base=bases.config())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = start_network(config)
    card = Card(RECIPE, 0, 0, 0.0, "cpu", bases=config.base.folders)
    # The last layer that the recipe supervises: the paper's choice.
    return export_weights(network, out, layer=config.losses.layers[-1], card=card, formats=formats)


def _require_free(out: Path, overwrite: bool) -> None:
    """What can be refused before gigabytes are read."""
    require_replaceable(out, out.resolve())
    if not overwrite and out.is_dir() and any(out.iterdir()):
        raise OutputError(
            f"{out}: holds weights already", f"pass {setting('overwrite')} or another {setting('out')}"
        )
