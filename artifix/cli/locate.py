"""`artifix locate`."""

from typing import TYPE_CHECKING, Annotated

from artifix.cli import options
from artifix.cli.session import Asked, Session, open_pipeline, open_session, requested
from artifix.errors import NoMatchError
from artifix.repair.output_target import Target, folder_of

if TYPE_CHECKING:
    from artifix.repair.locating import Located


def locate(
    *,
    files: options.PictureOptions,
    out: options.OutBeside = None,
    masks: options.MaskOptions,
    stages: Annotated[
        bool, options.option("--stages", "Also write a picture of each step of the alignment.")
    ] = False,
    overwrite: options.Overwrite = False,
    run: options.RunOptions,
    matching: options.MatchOptions,
    speech: options.SpeechOptions,
) -> None:
    """Find the part of the reference that shows what the mask hides, without repainting.

    Writes correspondence.png, correspondence.npy, region.png, overview.png, record.json and alignment.json,
    which `refine --alignment` takes back, edited or not; with --stages also stage-1-map.png to
    stage-6-matches.png. What is not sure enough is written too, and refused thereafter.
    """
    settings = options.settled(run, masks, matching)
    request = requested(files, masks, settings)
    folder = folder_of(files.image, out)
    session = open_session(Asked(request, settings, Target(folder), overwrite, speech))
    loaded = open_pipeline(session.config, session.console)

    from artifix.outputs.save import save_result
    from artifix.refinement.inpainting import inpainted_note
    from artifix.repair.case import locate_case
    from artifix.repair.sentences import sentence_of_match

    with session.console.progress() as progress:
        done = locate_case(loaded, session.inputs, session.config, progress, session.asked.settings.started_s)
    result, pictures = done.located.result, done.files
    if stages:
        pictures |= _stages(session, done.located)
    save_result(folder, pictures, overwrite, session.inputs.paths)
    told = {**done.record, **session.asked.target.told(), "files": sorted(pictures)}
    session.console.result(f"{folder}: {sentence_of_match(done.located, done.overall)}", told)
    for said in filter(None, (done.overall.note, inpainted_note(result.filled))):
        session.console.note(said)
    if result.refusal is not None:
        shown = f"the best guess is in {folder / 'overview.png'}"
        raise NoMatchError(result.refusal.marked_problem, f"{shown}; {result.refusal.marked_hint}", result)


def _stages(session: Session, located: "Located") -> dict[str, bytes]:
    from artifix.repair.stage_pictures import left_out, stage_files

    if missing := left_out(located.result.alignments):
        session.console.note(missing)
    return stage_files(located.case, located.result.alignments)
