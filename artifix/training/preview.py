"""A look at the training pairs. Stand-in: the colleague's module replaces it at the merge."""

from pathlib import Path

from torch import Generator

from artifix.training.sources import Sources
from artifix.training.synthesis import SynthesisConfig, make_pairs
from artifix.training.tasks import REFINEMENT
from artifix.training.validation import save_sheet


def write_preview(
    path: Path, sources: Sources, config: SynthesisConfig, seed: int, crop_px: int, reference_px: int
) -> None:
    """A sheet of pairs."""
    random = Generator(sources.images.device).manual_seed(seed)
    pairs = make_pairs(sources, REFINEMENT, 8, crop_px, reference_px, config, random)
    save_sheet(path, [pairs.garbled, pairs.reference, pairs.aligned, pairs.clean])
