"""What refine and locate do around one repair: cheap checks first, then the network, then the files."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from artifix.cli.console import Console
from artifix.cli.options import MaskOptions, PictureOptions, RepairedPictureOptions, Settled, SpeechOptions
from artifix.config import CommandConfig
from artifix.errors import UsageError
from artifix.inputs.places import STREAM
from artifix.inputs.request import IMAGE_ALPHA, Request, check_request
from artifix.repair.output_target import Target

if TYPE_CHECKING:
    from artifix.inputs.proposing import Propose
    from artifix.inputs.reading import Inputs
    from artifix.repair.loading import Loaded


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command was asked for, its parts at peace with each other."""

    request: Request
    settings: Settled
    target: Target
    overwrite: bool
    speech: SpeechOptions


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """What a command has to do, and all it needs besides the network."""

    asked: Asked
    config: CommandConfig
    inputs: "Inputs"
    console: Console


def requested(
    files: PictureOptions, masks: MaskOptions, settings: Settled, may_propose: bool = False
) -> Request:
    """The files of one repair; with `may_propose` one without a mask is no mistake.

    Raises:
        UsageError: options that do not fit together.
    """
    of_image = masks.mask_from == IMAGE_ALPHA
    if of_image and files.mask is not None:
        problem = f"--mask-from {IMAGE_ALPHA} takes the mask from the image, and --mask names another"
        raise UsageError(problem, "give one of them")
    mask = files.image if of_image else files.mask
    if mask is None and not may_propose:
        hint = f"pass --mask FILE; where the artifact was erased from the image, --mask-from {IMAGE_ALPHA}"
        if isinstance(files, RepairedPictureOptions):
            hint += "; or --auto-mask to have one proposed"
        raise UsageError("missing option --mask", hint)
    if [files.image, files.mask, *files.ref].count(STREAM) > 1:
        raise UsageError("standard input, -, is named twice", "give the other picture as a file")
    request = Request(
        image=files.image,
        mask=mask,
        references=tuple(files.ref),
        region=files.region,
        ref_mask=files.ref_mask,
        points=files.points,
        alignment=files.alignment if isinstance(files, RepairedPictureOptions) else None,
        mask_from=masks.mask_from,
        invert_mask=masks.invert_mask,
        fit_mask=masks.fit_mask,
    )
    check_request(request, settings.config.alignment, settings.given)
    return request


def open_session(asked: Asked, propose: "Propose | None" = None) -> Session:
    """Everything that can be refused without the network; nothing heavy is imported but for a proposed mask.

    Args:
        asked: what the command was asked for.
        propose: proposes a mask where none is named.

    Raises:
        UsageError: options that do not fit together.
        InputError: a file that cannot be used.
        OutputError: results could not be written.
    """
    from artifix.inputs.reading import read_inputs
    from artifix.inputs.softness import softness_of
    from artifix.inputs.stored_alignment import settings_of
    from artifix.repair.matchers import matcher_notes

    config, target = asked.settings.config, asked.target
    inputs = read_inputs(asked.request, propose)
    if inputs.stored is not None:
        config = replace(config, alignment=settings_of(inputs.stored, config.alignment))
    console = Console(asked.speech.quiet, asked.speech.json, target.picture == STREAM)
    for said in inputs.cases[0].notes:
        console.note(said)
    if said := softness_of(inputs.cases[0].blend, config.alignment.mask_threshold):
        console.note(said)
    if inputs.stored is None and asked.request.points is None:  # then nobody is asked
        for said in matcher_notes(config.alignment, "matchers" in asked.settings.given):
            console.note(said)
    target.check(asked.overwrite, inputs.paths)
    return Session(asked, config, inputs, console)


def open_pipeline(config: CommandConfig, console: Console) -> "Loaded":
    """Load and check the weights, and say where they run.

    Raises:
        WeightsError: the weights are missing, changed or unsafe.
        DeviceError: the device is not there.
    """
    from artifix.repair.loading import load

    return load(config.run, console.note, owns_process=True)
