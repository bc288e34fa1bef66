"""`artifix locate`."""

from typing import TYPE_CHECKING

import typer

from artifix.cli import options
from artifix.cli.session import Session, open_pipeline, open_session, record_of

if TYPE_CHECKING:
    from artifix.pipeline import LocateResult


def locate(
    context: typer.Context,
    image: options.ImageArgument,
    mask: options.MaskOption,
    ref: options.RefOption,
    out: options.OutOption = None,
    mask_from: options.MaskSourceOption = "auto",
    invert_mask: options.InvertOption = False,
    fit_mask: options.FitOption = False,
    stages: options.StagesOption = False,
    overwrite: options.OverwriteOption = False,
    config: options.ConfigOption = None,
    weights: options.WeightsOption = None,
    device: options.DeviceOption = None,
    dtype: options.DtypeOption = None,
    seed: options.SeedOption = None,
    layer: options.LayerOption = None,
    timestep: options.TimestepOption = None,
    zoom: options.ZoomOption = None,
    match_pool: options.MatchPoolOption = None,
    transform: options.TransformOption = None,
    force: options.ForceOption = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    debug: options.DebugOption = False,
) -> None:
    """Find the part of the reference that shows what the mask hides, without repainting.

    Writes correspondence.png, correspondence.npy, region.png, overview.png and record.json; with --stages
    also stage-1-map.png to stage-6-matches.png.
    """
    session = open_session(context)
    loaded = open_pipeline(session.config, session.console)
    with session.console.progress() as progress:
        result = loaded.pipeline.locate(session.case, session.config, progress)
    record = record_of("locate", session, loaded, result)

    from artifix.cli.results import result_files
    from artifix.outputs.save import save_result

    files = result_files(session.case, result.alignments, None, record, with_metadata=False)
    if stages:
        files |= _stages(session, result)
    save_result(session.folder, files, overwrite, session.case.paths)
    session.console.result(
        _sentence(session, result), {**record, "out": str(session.folder), "files": sorted(files)}
    )


def _stages(session: Session, result: "LocateResult") -> dict[str, bytes]:
    from artifix.cli.stages import left_out, stage_files

    if missing := left_out(result.alignments):
        session.console.note(missing)
    return stage_files(session.case, result.alignments)


def _sentence(session: Session, result: "LocateResult") -> str:
    from artifix.geometry import box_of

    found = []
    for alignment in result.alignments:
        box = box_of(alignment.region)
        place = f"x {box.left}-{box.right - 1}, y {box.top}-{box.bottom - 1}"
        found.append(f"{place} (confidence {alignment.confidence:.2f})")
    return f"{session.folder}: found in {session.case.reference.path.name} at {'; '.join(found)}"
