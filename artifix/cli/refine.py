"""`artifix refine`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from artifix.cli import options
from artifix.cli.proposing import can_ask, proposer
from artifix.cli.session import Asked, Session, open_pipeline, open_session, requested
from artifix.errors import UsageError
from artifix.repair.output_target import check_ending, format_of, target_of

if TYPE_CHECKING:
    from artifix.outputs.formats import Form
    from artifix.repair.loading import Loaded


@dataclass(frozen=True, slots=True)
class PlaceOptions:
    """Where to."""

    out: options.OutBeside = None
    to: Annotated[
        Path | None,
        options.option(
            "--to",
            "Write the repaired picture alone into this file, in the format of its ending; - is standard "
            "output. With --out as well the results are written too.",
            "FILE",
        ),
    ] = None


def refine(
    *,
    files: options.RepairedPictureOptions,
    places: PlaceOptions,
    masks: options.MaskOptions,
    auto_mask: options.AutoMask = False,
    coding: options.CodingOptions,
    overwrite: options.Overwrite = False,
    no_metadata: options.NoMetadata = False,
    run: options.RunOptions,
    sampling: options.SamplingOptions,
    matching: options.MatchOptions,
    sure: options.SureOptions,
    speech: options.SpeechOptions,
) -> None:
    """Repaint the masked part of an image after a reference photo.

    Pixels outside the mask stay exactly as they are, but for what a lossy --format changes. Writes
    refined.png, correspondence.png, correspondence.npy, region.png, overview.png, record.json and
    alignment.json.
    """
    settings = options.settled(run, masks, coding, sampling, matching, sure)
    if auto_mask and files.mask is not None:
        raise UsageError("--auto-mask proposes a mask, and --mask names one", "give one of them")
    asks = not auto_mask and can_ask(speech.quiet or speech.json)
    request = requested(files, masks, settings, auto_mask or asks)
    target = target_of(files.image, places.out, places.to, speech.json)
    session = open_session(Asked(request, settings, target, overwrite, speech), proposer(asks))
    form = _form_of(session, coding.format)
    _repair(session, open_pipeline(session.config, session.console), form, not no_metadata)


def _repair(session: Session, loaded: "Loaded", form: "Form", with_metadata: bool) -> None:
    """Refine the case of `session`, write its results and tell of them."""
    from artifix.repair.case import repair_case
    from artifix.repair.sentences import sentence_of_repair

    asked, inputs, target = session.asked, session.inputs, session.asked.target
    started_s = asked.settings.started_s
    with session.console.progress() as progress:
        done = repair_case(loaded, inputs, session.config, form, with_metadata, progress, started_s)
    target.save(done.files, done.picture.data, asked.overwrite, inputs.paths)
    told = {**done.record, **target.told(), "files": sorted(done.files) if target.folder else []}
    shown = target.shown(done.picture.name)
    session.console.result(sentence_of_repair(shown, done.located, done.overall), told)
    for said in filter(None, (done.overall.note, *done.result.notes, *done.picture.notes)):
        session.console.note(said)


def _form_of(session: Session, asked: str | None) -> "Form":
    """How the repaired picture is coded: as `asked`, or by the ending of --to."""
    from artifix.repair.picture_coding import form_of, kept_note

    output, image, to = session.config.output, session.inputs.cases[0].image, session.asked.target.picture
    output = replace(output, format=format_of(to, asked, output.format))
    form = form_of(output, image)
    check_ending(to, form.name)
    if said := kept_note(output, image):
        session.console.note(said)
    return form
