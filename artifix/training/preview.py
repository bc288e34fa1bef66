"""RUN/preview.png: what a recipe makes of its data, to be looked at before a long training."""

from pathlib import Path

import torch

from artifix.training.config import TrainingConfig
from artifix.training.loop import Job
from artifix.training.pairs.material import load_data
from artifix.training.pairs.preview import write_preview
from artifix.training.run_folder import RESUME
from artifix.training.start import start_network
from artifix.writing import as_output_error


def draw_preview(job: Job, recipe: TrainingConfig, device: torch.device) -> Path:
    """Draw a sheet of training pairs into the folder of the run; its path.

    Raises:
        InputError: unusable data.
        OutputError: the disk refuses.
    """
    sources = load_data(job.images, job.pairs, recipe.data, recipe.seed, device)
    path = job.run / "preview.png"
    reference_px = start_network(recipe).reference_size_px
    with as_output_error(job.run, RESUME):
        job.run.mkdir(parents=True, exist_ok=True)
        write_preview(path, sources, recipe.synthesis, recipe.seed, recipe.phases[-1].crop_px, reference_px)
    return path
