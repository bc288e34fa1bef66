"""`artifix weights import`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from artifix.cli import options
from artifix.cli.console import Console
from artifix.cli.options import option

Format = Literal["fp32", "bf16", "fp16"]


@dataclass(frozen=True, slots=True)
class BaseOptions:
    """Which public models, and where to."""

    unet: Annotated[
        Path,
        option(
            "--unet", "Folder of a diffusers pipeline for inpainting: Stable Diffusion 1.x or 2.x.", "DIR"
        ),
    ]
    encoder: Annotated[Path, option("--encoder", "Folder of a Dinov2Model.", "DIR")]
    out: Annotated[Path, option("--out", "Folder for the weights.", "DIR")]
    autoencoder: Annotated[
        Path | None,
        option(
            "--autoencoder",
            "Folder of an AutoencoderTiny or AutoencoderKL of the same latents. Default: the pipeline's own.",
            "DIR",
        ),
    ] = None
    dtype: Annotated[
        Format, option("--dtype", "Of the numbers in the files; fp32 keeps those of the bases.")
    ] = "fp32"
    projection: Annotated[
        Format | None, option("--projection", "The same for the new projection. Default: as --dtype.")
    ] = None
    seed: Annotated[int, option("--seed", "Of the new projection.", min=0, max=2**32 - 1)] = 0
    overwrite: Annotated[bool, option("--overwrite", "Replace weights in --out.")] = False


def weights_import(*, asked: BaseOptions, speech: options.SpeechOptions) -> None:
    """Put public base models together as weights to train from.

    The U-Net keeps its weights and gets input channels of zero for the aligned reference; its
    cross-attention is fed by a new projection of DINOv2's tokens. The result repairs nothing until it is
    trained: artifix train --config sd15 --init DIR
    """
    from artifix.repair.loading import quiet_libraries
    from artifix.training.export import Formats
    from artifix.training.untrained import RECIPE, Bases, write_untrained

    quiet_libraries()
    formats = Formats(asked.dtype, asked.projection or asked.dtype)
    bases = Bases(asked.unet, asked.encoder, asked.autoencoder)
    written = write_untrained(bases, asked.out, formats, asked.seed, asked.overwrite)
    console = Console(speech.quiet, speech.json)
    said = f"untrained weights; go on with: artifix train --config {RECIPE} --init {written}"
    console.result(f"{written}: {said}", {"weights": str(written), "confidence_odds": None})
