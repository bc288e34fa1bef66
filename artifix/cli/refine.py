"""`artifix refine`."""

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from artifix.cli import options
from artifix.cli.session import Session, open_pipeline, open_session, timed
from artifix.cli.targets import check_ending, format_of

if TYPE_CHECKING:
    from artifix.outputs.formats import Form
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
    to: options.ToOption = None,
    mask_from: options.MaskSourceOption = "auto",
    invert_mask: options.InvertOption = False,
    fit_mask: options.FitOption = False,
    mask_threshold: options.MaskThresholdOption = None,
    format: options.FormatOption = None,
    quality: options.QualityOption = None,
    overwrite: options.OverwriteOption = False,
    no_metadata: options.NoMetadataOption = False,
    config: options.ConfigOption = None,
    weights: options.WeightsOption = None,
    device: options.DeviceOption = None,
    dtype: options.DtypeOption = None,
    threads: options.ThreadsOption = None,
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

    Pixels outside the mask stay exactly as they are. Writes refined.png (--format: or
    another), correspondence.png,
    correspondence.npy, region.png, overview.png, record.json and alignment.json.
    """
    session = open_session(context)
    form = _form_of(context, session)
    repair(session, open_pipeline(session.config, session.console), form, not no_metadata)


def repair(
    session: Session, loaded: "Loaded", form: "Form | None" = None, with_metadata: bool = True
) -> "RefineResult":
    """Refine the case of `session`, write its results and tell of them.

    Raises:
        NoMatchError: nothing in the reference matches, or not well enough; nothing is written.
        OutputError: the results cannot be written.
    """
    from artifix.outputs.formats import Form
    from artifix.repair.coding import coded
    from artifix.repair.locating import search
    from artifix.repair.overall import overall_of
    from artifix.repair.record import Repair, record_of
    from artifix.repair.results import result_files

    pipeline, inputs, config = loaded.pipeline, session.inputs, session.config
    with session.console.progress() as progress:
        located = search(pipeline, inputs, config, progress)
        result = pipeline.refine(located.case, config, progress, located.result)
    record = record_of(Repair("refine", inputs, config, loaded, located, result))
    picture = coded(located.case, result, record, form or Form(), with_metadata)
    record = timed({**record, "coding": picture.told}, session, loaded, result.timings)
    files = result_files(located.case, result, record, picture)
    session.target.save(files, picture.data, session.overwrite, inputs.paths)
    told = {**record, **session.target.told(), "files": sorted(files) if session.target.folder else []}
    overall = overall_of(located.result.alignments)
    session.console.result(_sentence(session.target.shown(picture.name), located, overall), told)
    for said in filter(None, (overall.note, *result.notes, *picture.notes)):
        session.console.note(said)
    return result


def _form_of(context: typer.Context, session: Session) -> "Form":
    """How the repaired picture is coded, by --format, or by the ending of --to."""
    from artifix.repair.coding import form_of, kept_note

    given, output, image = context.params, session.config.output, session.inputs.cases[0].image
    output = replace(output, format=format_of(session.target.picture, given["format"], output.format))
    form = form_of(output, image)
    check_ending(session.target.picture, form.name)
    if said := kept_note(output, image):
        session.console.note(said)
    return form


def _sentence(shown: str, located: "Located", overall: "Overall") -> str:
    reference = located.case.reference.path.name
    if overall.placed == "filled":
        return f"{shown}: nothing was found in {reference}"
    parts = "1 part" if overall.parts == 1 else f"{overall.parts} parts"
    return f"{shown}: {parts} repainted after {reference}, {overall.sentence()}"
