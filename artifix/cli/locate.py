"""`artifix locate`."""

from typing import TYPE_CHECKING

import typer

from artifix.cli import options
from artifix.cli.session import Session, open_pipeline, open_session
from artifix.errors import NoMatchError

if TYPE_CHECKING:
    from artifix.repair.locating import Located
    from artifix.repair.overall import Overall


def locate(
    context: typer.Context,
    image: options.ImageArgument,
    ref: options.RefOption,
    mask: options.MaskOption = None,
    region: options.RegionOption = None,
    ref_mask: options.RefMaskOption = None,
    points: options.PointsOption = None,
    out: options.OutOption = None,
    mask_from: options.MaskSourceOption = "auto",
    invert_mask: options.InvertOption = False,
    fit_mask: options.FitOption = False,
    mask_threshold: options.MaskThresholdOption = None,
    stages: options.StagesOption = False,
    overwrite: options.OverwriteOption = False,
    config: options.ConfigOption = None,
    weights: options.WeightsOption = None,
    device: options.DeviceOption = None,
    dtype: options.DtypeOption = None,
    threads: options.ThreadsOption = None,
    seed: options.SeedOption = None,
    layer: options.LayerOption = None,
    timestep: options.TimestepOption = None,
    zoom: options.ZoomOption = None,
    matchers: options.MatchersOption = None,
    transform: options.TransformOption = None,
    allow_mirror: options.MirrorOption = None,
    force: options.ForceOption = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    debug: options.DebugOption = False,
) -> None:
    """Find the part of the reference that shows what the mask hides, without repainting.

    Writes correspondence.png, correspondence.npy, region.png, overview.png, record.json and alignment.json,
    which `refine --alignment` takes back, edited or not; with --stages also stage-1-map.png to
    stage-6-matches.png. What is not sure enough is written too, and refused thereafter.
    """
    session = open_session(context)
    loaded = open_pipeline(session.config, session.console)

    from artifix.outputs.save import save_result
    from artifix.refinement.inpainting import inpainted_note
    from artifix.repair.case import locate_case

    with session.console.progress() as progress:
        done = locate_case(loaded, session.inputs, session.config, progress, session.started_s)
    result, files, folder = done.located.result, done.files, session.target.folder
    assert folder is not None  # there is no --to
    if stages:
        files |= _stages(session, done.located)
    save_result(folder, files, overwrite, session.inputs.paths)
    told = {**done.record, **session.target.told(), "files": sorted(files)}
    session.console.result(f"{folder}: {_sentence(done.located, done.overall)}", told)
    for said in filter(None, (done.overall.note, inpainted_note(result.filled))):
        session.console.note(said)
    if result.refusal is not None:
        shown = f"the best guess is in {folder / 'overview.png'}"
        raise NoMatchError(result.refusal.problem, f"{shown}; {result.refusal.hint}", result)


def _stages(session: Session, located: "Located") -> dict[str, bytes]:
    from artifix.repair.stages import left_out, stage_files

    if missing := left_out(located.result.alignments):
        session.console.note(missing)
    return stage_files(located.case, located.result.alignments)


def _sentence(located: "Located", overall: "Overall") -> str:
    from artifix.geometry import box_of

    boxes = [box_of(alignment.region) for alignment in located.result.alignments]
    places = "; ".join(f"x {b.left}-{b.right - 1}, y {b.top}-{b.bottom - 1}" for b in boxes)
    said = "found" if located.result.refusal is None else "best guess"
    return f"{said} in {located.case.reference.path.name} at {places} ({overall.sentence()})"
