"""The Python door: refine and locate in one call, from paths, arrays or PIL images."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Unpack

from artifix.config import CommandConfig, RunConfig, Settings, load_config
from artifix.errors import UsageError
from artifix.inputs.hint import PointsLike, RegionLike
from artifix.inputs.reading import Inputs
from artifix.inputs.request import MaskReading, MaskSource, check_settings
from artifix.inputs.sources import PictureLike, cases_of
from artifix.matching.installed import check_matchers
from artifix.progress import Progress
from artifix.repair.loading import load
from artifix.repair.locating import search

if TYPE_CHECKING:
    from artifix.alignment.locate_result import LocateResult
    from artifix.pipeline import RefineByAlignPipeline
    from artifix.result import RefineResult


def refine(
    image: PictureLike,
    mask: PictureLike | None,
    reference: PictureLike | Sequence[PictureLike],
    *,
    region: RegionLike | None = None,
    points: PointsLike | None = None,
    mask_from: MaskSource = "auto",
    invert_mask: bool = False,
    fit_mask: bool = False,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
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
        mask_from: what of a mask to read: "luminance", "alpha", or "auto" to tell by the mask.
        invert_mask: black is repainted instead of white.
        fit_mask: resize a mask of another size than the image; an array is not resized.
        progress: called with (stage, done, total).
        settings: fields of `artifix.config` by name: steps=8, device="cuda", weights="DIR", zoom=False, ...

    Returns:
        The result: `refined` (H, W, 3) of the image's sample type, `alignments` and `repainted` of each mask
        group, `timings` [s].

    Raises:
        ArtifixError: of the family that says what to mend. A NoMatchError holds the best guess as `found`.
    """
    config = _config(settings)
    check_settings(config.alignment, points is not None)
    reading = MaskReading(mask_from, invert_mask, fit_mask)
    cases = cases_of(image, mask, reference, region, points, reading)
    pipeline = _pipeline(config)
    located = search(pipeline, Inputs(tuple(cases)), config, progress)
    return pipeline.refine(located.case, config, progress, located.result)


def locate(
    image: PictureLike,
    mask: PictureLike | None,
    reference: PictureLike | Sequence[PictureLike],
    *,
    region: RegionLike | None = None,
    points: PointsLike | None = None,
    mask_from: MaskSource = "auto",
    invert_mask: bool = False,
    fit_mask: bool = False,
    progress: Progress | None = None,
    **settings: Unpack[Settings],
) -> "LocateResult":
    """Find where `reference` shows the masked part of `image`; arguments and errors as in `refine`.

    Returns:
        The result: `alignments`, each with `correspondence` and `region` (H_ref, W_ref), and `timings` [s].
    """
    config = _config(settings)
    check_settings(config.alignment, points is not None)
    reading = MaskReading(mask_from, invert_mask, fit_mask)
    cases = cases_of(image, mask, reference, region, points, reading)
    return search(_pipeline(config), Inputs(tuple(cases)), config, progress).result.sure()


def _config(settings: Settings) -> CommandConfig:
    if named := [name for name in ("format", "quality") if name in settings]:
        raise UsageError(f"{named[0]} is of files, and the result is an array", "write `refined` as you like")
    config = load_config(None, settings)
    check_matchers(config.alignment.matchers, "matchers" in settings)
    return config


def _pipeline(config: CommandConfig) -> "RefineByAlignPipeline":
    return _loaded(config.run)


@lru_cache(maxsize=1)
def _loaded(run: RunConfig) -> "RefineByAlignPipeline":
    return load(run).pipeline
