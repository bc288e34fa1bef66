"""The Python door: refine and locate in one call, from paths, arrays or PIL images."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artifix.config import CommandConfig, RunConfig, load_config
from artifix.errors import InputError, UsageError
from artifix.inputs.case import Case, case_from_arrays, read_case
from artifix.inputs.hint import hint_of_arrays
from artifix.inputs.reading import Inputs
from artifix.inputs.request import IMAGE_ALPHA, check_settings
from artifix.matching.installed import check_matchers
from artifix.repair.loading import load
from artifix.repair.locating import search

if TYPE_CHECKING:
    from artifix.alignment.located import LocateResult
    from artifix.pipeline import RefineByAlignPipeline, RefineResult

Progress = Callable[[str, int, int], None]


def refine(
    image: Any,
    mask: Any,
    reference: Any,
    *,
    region: Any = None,
    points: Any = None,
    progress: Progress | None = None,
    **settings: Any,
) -> "RefineResult":
    """Repaint the masked part of `image` after what `reference` shows.

    The weights stay loaded for the next call that names the same ones.

    Args:
        image: a path, an array (H, W, 3) or (H, W, 4) of uint8 or uint16, or a PIL image.
        mask: a path, an array (H, W) of bool, uint8 or float in [0, 1], or a PIL image; white is repainted.
            None repaints where the image itself is transparent.
        reference: as `image`, of any size; of a list of them the one that matches best is used.
        region: where the reference shows the part, if that is known: a box (x0, y0, x1, y1), x1 and y1
            excluded, or (H_ref, W_ref) bool.
        points: matches, if they are known: (N, 4) of x, y, x_ref, y_ref, at least two.
        progress: called with (stage, done, total).
        settings: fields of `artifix.config` by name: steps=8, device="cuda", weights="DIR", zoom=False, ...

    Returns:
        The result: `refined` (H, W, 3) of the image's sample type, `alignments`, `groups`, `timings` [s].

    Raises:
        ArtifixError: of the family that says what to mend. A NoMatchError holds the best guess as `found`.
    """
    config = _config(settings)
    check_settings(config.alignment, points is not None)
    cases = _cases(image, mask, reference, region, points)
    pipeline = _pipeline(config)
    located = search(pipeline, Inputs(tuple(cases)), config, progress)
    return pipeline.refine(located.case, config, progress, located.result)


def locate(
    image: Any,
    mask: Any,
    reference: Any,
    *,
    region: Any = None,
    points: Any = None,
    progress: Progress | None = None,
    **settings: Any,
) -> "LocateResult":
    """Find where `reference` shows the masked part of `image`; arguments and errors as in `refine`.

    Returns:
        The result: `alignments`, each with `correspondence` and `region` (H_ref, W_ref), and `timings` [s].
    """
    config = _config(settings)
    check_settings(config.alignment, points is not None)
    cases = _cases(image, mask, reference, region, points)
    return search(_pipeline(config), Inputs(tuple(cases)), config, progress).result.sure()


def _config(settings: dict[str, Any]) -> CommandConfig:
    if named := [name for name in ("format", "quality") if name in settings]:
        raise UsageError(f"{named[0]} is of files, and the result is an array", "write `refined` as you like")
    config = load_config(None, settings)
    check_matchers(config.alignment.matchers, "matchers" in settings)
    return config


def _cases(image: Any, mask: Any, reference: Any, region: Any, points: Any) -> list[Case]:
    references = list(reference) if isinstance(reference, list | tuple) else [reference]
    if not references:
        raise InputError("reference: is an empty list", "give at least one reference")
    if len(references) > 1 and not (region is None and points is None):
        raise UsageError("region and points are for one reference", "give the one they belong to")
    cases = [_case(image, mask, single) for single in references]
    hint = hint_of_arrays(region, points, cases[0].image, cases[0].reference)
    return [replace(cases[0], hint=hint), *cases[1:]]


def _case(image: Any, mask: Any, reference: Any) -> Case:
    sources = (image, image if mask is None else mask, reference)
    are_paths = [isinstance(source, str | PathLike) for source in sources]
    if all(are_paths):
        return read_case(
            *(Path(source) for source in sources), mask_from=IMAGE_ALPHA if mask is None else "auto"
        )
    if any(are_paths):
        raise InputError("image, mask and reference mix paths and arrays", "give three paths or three arrays")
    return case_from_arrays(image, mask, reference)


def _pipeline(config: CommandConfig) -> "RefineByAlignPipeline":
    return _loaded(config.run)


@lru_cache(maxsize=1)
def _loaded(run: RunConfig) -> "RefineByAlignPipeline":
    return load(run).pipeline
