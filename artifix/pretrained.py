"""Weights on the disk become a pipeline, or are refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from artifix.base_models.placing import Placing
from artifix.errors import ArtifixError, WeightsError, is_out_of_memory
from artifix.network.assembly import require_values
from artifix.network.base import load_image_encoder, require_fitting_codec
from artifix.network.sizes import require_sizes
from artifix.pipeline import RefineByAlignPipeline
from artifix.weights.finding import DEFAULT_NAME, find_weights
from artifix.weights.model_index import OWN, class_of
from artifix.weights.verification import verify_weights


def load_pipeline(
    weights: str | None,
    device: torch.device,
    dtype: torch.dtype,
    offload: str = "auto",
    compile: bool = False,
) -> RefineByAlignPipeline:
    """Load and verify weights by name or folder.

    Weights of a public base model paint in stage 2; then the bundled network locates.

    Args:
        weights: None is ARTIFIX_WEIGHTS, or the bundled network.
        device: where it computes.
        dtype: in which.
        offload: where parts of a base model lie that are not in use.
        compile: whether a base model is compiled.

    Raises:
        WeightsError: they are missing, changed, incomplete or unsafe.
        DeviceError: a base model does not fit into the device's memory.
    """
    folder = find_weights(weights)
    digest = verify_weights(folder)
    kind = class_of(folder)
    if kind == OWN:
        return _own(folder, digest, device, dtype)
    from artifix.base_models.loading import load_refiner  # whose libraries nothing else needs

    locator = find_weights(DEFAULT_NAME)
    pipeline = _own(locator, verify_weights(locator), device, dtype)
    pipeline.located_with = {"name": pipeline.weights_name, "sha256": pipeline.weights_sha256}
    require_sizes(folder)
    with _as_weights_error(folder):
        pipeline.painter = load_refiner(folder, kind, digest, Placing(device, dtype, offload, compile))
    pipeline.weights_name, pipeline.weights_sha256 = folder.name, digest
    return pipeline


@contextmanager
def _as_weights_error(folder: Path) -> Iterator[None]:
    """Whatever goes wrong in a library is a WeightsError that names the folder, but for a lack of memory."""
    try:
        yield
    except ArtifixError:
        raise
    except Exception as error:  # libraries build whatever the files say; their errors have no common class
        if is_out_of_memory(error):
            raise
        raise WeightsError(f"{folder}: cannot be loaded: {error}", "copy the whole folder again") from error


def _own(folder: Path, digest: str, device: torch.device, dtype: torch.dtype) -> RefineByAlignPipeline:
    """A pipeline of the paper's network."""
    require_sizes(folder)
    with _as_weights_error(folder):
        # Left to the pipeline, transformers would fill what its files lack with random numbers.
        image_encoder = load_image_encoder(folder / "image_encoder").to(dtype)
        pipeline = RefineByAlignPipeline.from_pretrained(
            folder, image_encoder=image_encoder, dtype=dtype, use_safetensors=True, local_files_only=True
        )
        require_fitting_codec("codec", pipeline.codec, pipeline.unet, folder)
    require_values(pipeline.components, folder)
    pipeline.to(device)
    if not pipeline.network.is_lossless:  # an autoencoder: of full size, where the layout counts
        pipeline.codec.to(memory_format=torch.channels_last)
        if device.type == "cpu":  # a crop at a time: half the memory, and faster
            pipeline.codec.enable_slicing()
        pipeline.unet.to(memory_format=torch.channels_last)
    pipeline.weights_name, pipeline.weights_sha256 = folder.name, digest
    return pipeline
