"""`artifix refine`."""

from typing import TYPE_CHECKING

import typer

from artifix.cli import options
from artifix.cli.session import Session, open_pipeline, open_session, timed

if TYPE_CHECKING:
    from artifix.pipeline import RefineResult
    from artifix.repair.loading import Loaded
    from artifix.repair.locating import Located
    from artifix.repair.overall import Overall


def refine(
    context: typer.Context,
    image: options.ImageArgument,
    ref: options.RefOption,
    mask: options.MaskOption = None,
    region: options.RegionOption = None,
    ref_mask: options.RefMaskOption = None,
    points: options.PointsOption = None,
    alignment: options.AlignmentOption = None,
    out: options.OutOption = None,
    mask_from: options.MaskSourceOption = "auto",
    invert_mask: options.InvertOption = False,
    fit_mask: options.FitOption = False,
    mask_threshold: options.MaskThresholdOption = None,
    overwrite: options.OverwriteOption = False,
    no_metadata: options.NoMetadataOption = False,
    config: options.ConfigOption = None,
    weights: options.WeightsOption = None,
    device: options.DeviceOption = None,
    dtype: options.DtypeOption = None,
    seed: options.SeedOption = None,
    steps: options.StepsOption = None,
    guidance_scale: options.GuidanceOption = None,
    strength: options.StrengthOption = None,
    candidates: options.CandidatesOption = None,
    grain: options.GrainOption = None,
    layer: options.LayerOption = None,
    timestep: options.TimestepOption = None,
    zoom: options.ZoomOption = None,
    matchers: options.MatchersOption = None,
    transform: options.TransformOption = None,
    allow_mirror: options.MirrorOption = None,
    force: options.ForceOption = None,
    strict: options.StrictOption = None,
    min_repair_confidence: options.MinRepairOption = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    debug: options.DebugOption = False,
) -> None:
    """Repaint the masked part of an image after a reference photo.

    Pixels outside the mask stay exactly as they are. Writes refined.png, correspondence.png,
    correspondence.npy, region.png, overview.png, record.json and alignment.json.
    """
    session = open_session(context)
    repair(session, open_pipeline(session.config, session.console), not no_metadata)


def repair(session: Session, loaded: "Loaded", with_metadata: bool = True) -> "RefineResult":
    """Refine the case of `session`, write its results and tell of them.

    Raises:
        NoMatchError: nothing in the reference matches, or not well enough; nothing is written.
        OutputError: the results cannot be written.
    """
    from artifix.outputs.save import save_result
    from artifix.repair.locating import search
    from artifix.repair.overall import overall_of
    from artifix.repair.record import Repair, record_of
    from artifix.repair.results import result_files

    pipeline, inputs, config = loaded.pipeline, session.inputs, session.config
    with session.console.progress() as progress:
        located = search(pipeline, inputs, config, progress)
        result = pipeline.refine(located.case, config, progress, located.result)
    record = record_of(Repair("refine", inputs, config, loaded, located, result))
    record = timed(record, session, loaded, result.timings)
    files = result_files(located.case, result, record, with_metadata)
    save_result(session.folder, files, session.overwrite, inputs.paths)
    told = {**record, "out": str(session.folder), "files": sorted(files)}
    overall = overall_of(located.result.alignments)
    session.console.result(_sentence(session, located, overall), told)
    for said in filter(None, (overall.note, *result.notes)):
        session.console.note(said)
    return result


def _sentence(session: Session, located: "Located", overall: "Overall") -> str:
    if overall.placed == "filled":
        return f"{session.folder / 'refined.png'}: nothing was found in {located.case.reference.path.name}"
    parts = "1 part" if overall.parts == 1 else f"{overall.parts} parts"
    reference = located.case.reference.path.name
    return f"{session.folder / 'refined.png'}: {parts} repainted after {reference}, {overall.sentence()}"
