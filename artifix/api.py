"""The Python door: refine and locate in one call, from paths, arrays or PIL images."""

from collections.abc import Callable
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artifix.config import CommandConfig, load_config
from artifix.errors import InputError
from artifix.inputs.case import Case, case_from_arrays, read_case

if TYPE_CHECKING:
    from artifix.pipeline import LocateResult, RefineByAlignPipeline, RefineResult

Progress = Callable[[str, int, int], None]


def refine(
    image: Any, mask: Any, reference: Any, *, progress: Progress | None = None, **settings: Any
) -> "RefineResult":
    """Repaint the masked part of `image` after what `reference` shows.

    The weights stay loaded for the next call that names the same ones.

    Args:
        image: a path, an array (H, W, 3) or (H, W, 4) of uint8 or uint16, or a PIL image.
        mask: a path, an array (H, W) of bool, uint8 or float in [0, 1], or a PIL image; white is repainted.
        reference: as `image`, of any size.
        progress: called with (stage, done, total).
        settings: fields of `artifix.config` by name: steps=8, device="cuda", weights="DIR", zoom=False, ...

    Returns:
        The result: `refined` (H, W, 3) of the image's sample type, `alignments`, `groups`, `timings` [s].

    Raises:
        ArtifixError: of the family that says what to mend.
    """
    config = load_config(None, settings)
    case = _case(image, mask, reference)
    return _pipeline(config).refine(case, config, progress)


def locate(
    image: Any, mask: Any, reference: Any, *, progress: Progress | None = None, **settings: Any
) -> "LocateResult":
    """Find where `reference` shows the masked part of `image`; arguments and errors as in `refine`.

    Returns:
        The result: `alignments`, each with `correspondence` and `region` (H_ref, W_ref), and `timings` [s].
    """
    config = load_config(None, settings)
    case = _case(image, mask, reference)
    return _pipeline(config).locate(case, config, progress)


def _case(image: Any, mask: Any, reference: Any) -> Case:
    sources = (image, mask, reference)
    are_paths = [isinstance(source, str | PathLike) for source in sources]
    if all(are_paths):
        return read_case(*(Path(source) for source in sources))
    if any(are_paths):
        raise InputError("image, mask and reference mix paths and arrays", "give three paths or three arrays")
    return case_from_arrays(*sources)


def _pipeline(config: CommandConfig) -> "RefineByAlignPipeline":
    return _loaded(config.run.weights, config.run.device, config.run.dtype)


@lru_cache(maxsize=1)
def _loaded(weights: str | None, device_name: str, dtype_name: str) -> "RefineByAlignPipeline":
    from artifix.network.device import choose_device, choose_dtype
    from artifix.pipeline import load_pipeline

    device = choose_device(device_name)
    return load_pipeline(weights, device, choose_dtype(dtype_name, device))
