"""What refine and locate do around one repair: cheap checks first, then the network, then the files."""

import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import typer

from artifix.cli.console import Console
from artifix.cli.options import config_of
from artifix.cli.targets import Target, target_of
from artifix.config import AlignmentConfig, CommandConfig
from artifix.errors import UsageError
from artifix.inputs.places import STREAM

if TYPE_CHECKING:
    from artifix.inputs.reading import Inputs
    from artifix.inputs.request import Request
    from artifix.repair.loading import Loaded


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """One command's settings, inputs and places for the results."""

    config: CommandConfig
    inputs: "Inputs"
    target: Target
    overwrite: bool
    console: Console
    started_s: float  # of time.perf_counter


def open_session(context: typer.Context) -> Session:
    """Everything that can be refused without the network; nothing heavy is imported.

    Args:
        context: of a command with the options of `refine` or `locate`.

    Raises:
        UsageError: options that do not fit together, or a setting out of its range.
        InputError: a file that cannot be used.
        OutputError: results could not be written.
    """
    started_s = time.perf_counter()
    given = context.params
    config = config_of(context)

    from artifix.inputs.reading import read_inputs
    from artifix.inputs.request import check_request
    from artifix.inputs.softness import softness_of
    from artifix.inputs.stored_alignment import settings_of

    request = _request_of(given)
    named = {name for name, value in given.items() if value not in (None, (), [])}
    check_request(request, config.alignment, named)
    target = target_of(given)
    inputs = read_inputs(request)
    if inputs.stored is not None:
        config = replace(config, alignment=settings_of(inputs.stored, config.alignment))
    console = Console(given["quiet"], given["json"], target.picture == STREAM)
    for said in inputs.cases[0].notes:
        console.note(said)
    if said := softness_of(inputs.cases[0].blend, config.alignment.mask_threshold):
        console.note(said)
    if inputs.stored is None and request.points is None:  # then nobody is asked
        note_matchers(config.alignment, given["matchers"], console)
    target.check(given["overwrite"], inputs.paths)
    return Session(config, inputs, target, given["overwrite"], console, started_s)


def note_matchers(settings: AlignmentConfig, given: Sequence[str] | None, console: Console) -> None:
    """Tell which matcher is left out because it is not installed.

    Args:
        settings: of stage 1.
        given: what --matcher said, if it was there; such a matcher is not left out.
        console: where to.

    Raises:
        UsageError: a matcher that was asked for is not installed.
        WeightsError: the weights of a learned matcher cannot be used.
    """
    from artifix.matching.installed import check_matchers

    if settings.transform:
        for said in check_matchers(settings.matchers, bool(given)):
            console.note(said)


def open_pipeline(config: CommandConfig, console: Console) -> "Loaded":
    """Load and check the weights, and say where they run.

    Raises:
        WeightsError: the weights are missing, changed or unsafe.
        DeviceError: the device is not there.
    """
    from artifix.repair.loading import load

    with _uncollected():
        return load(config.run, console.note, owns_process=True)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Imports make hardly any garbage, and looking for it in the millions of their objects takes time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _request_of(given: Mapping[str, Any]) -> "Request":
    from dataclasses import fields

    from artifix.inputs.request import IMAGE_ALPHA, Request

    known = {f.name for f in fields(Request)} - {"references", "crops"}
    named = {name: value for name, value in given.items() if name in known}
    of_image = given["mask_from"] == IMAGE_ALPHA
    if of_image and given["mask"] is not None:
        raise UsageError(
            f"--mask-from {IMAGE_ALPHA} takes the mask from the image, and --mask names another",
            "give one of them",
        )
    if not of_image and given["mask"] is None:
        raise UsageError(
            "missing option --mask",
            f"pass --mask FILE; where the artifact was erased from the image, --mask-from {IMAGE_ALPHA}",
        )
    named["mask"] = given["image"] if of_image else given["mask"]
    if [given["image"], given["mask"], *given["ref"]].count(STREAM) > 1:
        raise UsageError("standard input, -, is named twice", "give the other picture as a file")
    return Request(references=tuple(given["ref"]), **named)
