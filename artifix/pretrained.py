"""Weights on the disk become a pipeline, or are refused."""

import torch

from artifix.errors import WeightsError, is_out_of_memory
from artifix.network.assembly import require_values
from artifix.network.base import load_image_encoder, require_fitting_codec
from artifix.network.sizes import require_sizes
from artifix.pipeline import RefineByAlignPipeline
from artifix.weights.finding import find_weights
from artifix.weights.verification import verify_weights


def load_pipeline(weights: str | None, device: torch.device, dtype: torch.dtype) -> RefineByAlignPipeline:
    """Load and verify weights by name or folder.

    Raises:
        WeightsError: they are missing, changed, incomplete or unsafe.
    """
    folder = find_weights(weights)
    digest = verify_weights(folder)
    require_sizes(folder)
    try:
        # Left to the pipeline, transformers would fill what its files lack with random numbers.
        image_encoder = load_image_encoder(folder / "image_encoder").to(dtype)
        pipeline = RefineByAlignPipeline.from_pretrained(
            folder, image_encoder=image_encoder, dtype=dtype, use_safetensors=True, local_files_only=True
        )
        require_fitting_codec("codec", pipeline.codec, pipeline.unet, folder)
    except WeightsError:
        raise
    except Exception as error:  # libraries build whatever the files say; their errors have no common class
        if is_out_of_memory(error):
            raise
        raise WeightsError(f"{folder}: cannot be loaded: {error}", "copy the whole folder again") from error
    require_values(pipeline.components, folder)
    pipeline.to(device)
    pipeline.weights_name, pipeline.weights_sha256 = folder.name, digest
    return pipeline
