"""`artifix refine`."""

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from artifix.cli import options
from artifix.cli.session import Session, open_pipeline, open_session
from artifix.cli.targets import check_ending, format_of

if TYPE_CHECKING:
    from artifix.outputs.formats import Form
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

    Pixels outside the mask stay exactly as they are, but for what a lossy --format changes. Writes
    refined.png, correspondence.png, correspondence.npy, region.png, overview.png, record.json and
    alignment.json.
    """
    session = open_session(context)
    form = _form_of(context, session)
    _repair(session, open_pipeline(session.config, session.console), form, not no_metadata)


def _repair(session: Session, loaded: "Loaded", form: "Form", with_metadata: bool) -> None:
    """Refine the case of `session`, write its results and tell of them."""
    from artifix.repair.case import repair_case

    inputs, target, config, started_s = session.inputs, session.target, session.config, session.started_s
    with session.console.progress() as progress:
        done = repair_case(loaded, inputs, config, form, with_metadata, progress, started_s)
    target.save(done.files, done.picture.data, session.overwrite, inputs.paths)
    told = {**done.record, **target.told(), "files": sorted(done.files) if target.folder else []}
    session.console.result(_sentence(target.shown(done.picture.name), done.located, done.overall), told)
    for said in filter(None, (done.overall.note, *done.result.notes, *done.picture.notes)):
        session.console.note(said)


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
