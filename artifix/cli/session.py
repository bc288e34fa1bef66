"""What refine and locate do around the pipeline: cheap checks first, then the network."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from artifix.cli.console import Console, Progress
from artifix.cli.options import config_of
from artifix.config import CommandConfig
from artifix.errors import InputError, UsageError

if TYPE_CHECKING:
    from artifix.inputs.case import Case
    from artifix.inputs.stored_alignment import StoredAlignment
    from artifix.pipeline import LocateResult, RefineByAlignPipeline

BY_HAND = ("region", "ref_mask", "points")  # parameters that say where the masked part lies


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """One command's settings, inputs and place for the results."""

    config: CommandConfig
    cases: "tuple[Case, ...]"  # the same image and mask, one for each reference
    stored: "StoredAlignment | None"  # that holds instead of what would be found
    folder: Path
    overwrite: bool
    console: Console
    started_s: float  # of time.perf_counter

    @property
    def paths(self) -> list[Path]:
        """The files read."""
        given = [path for case in self.cases for path in (*case.paths, *case.hint.paths)]
        return [*dict.fromkeys(given), *([self.stored.path] if self.stored else [])]


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A pipeline and where it runs."""

    pipeline: "RefineByAlignPipeline"
    device: str
    dtype: str
    load_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """Where the masked part lies, and in which reference."""

    case: "Case"  # with that reference
    result: "LocateResult"
    tried: list[dict[str, Any]] = field(default_factory=list)  # every reference, JSON-ready


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
    _check_together(given, config)

    from artifix.inputs.stored_alignment import read_stored_alignment
    from artifix.outputs.save import check_output

    cases = _read_cases(given)
    stored = None
    if given.get("alignment") is not None:
        stored = read_stored_alignment(given["alignment"], cases[0])
        config = replace(config, alignment=_settings_of(stored))
    folder = given["out"] or given["image"].with_name(f"{given['image'].stem}-artifix")
    console = Console(given["quiet"], given["json"])
    session = Session(config, cases, stored, folder, given["overwrite"], console, started_s)
    check_output(folder, given["overwrite"], session.paths)
    return session


def locate_in(session: Session, loaded: Loaded, progress: Progress) -> Located:
    """Find the masked part in the reference, in the best of several, or where alignment.json says.

    Raises:
        NoMatchError: nothing matches.
        InputError: the stored alignment is no answer.
    """
    pipeline, config = loaded.pipeline, session.config
    if session.stored is not None:
        return Located(session.cases[0], pipeline.restore(session.cases[0], session.stored))
    if len(session.cases) == 1:
        return Located(session.cases[0], pipeline.locate(session.cases[0], config, progress))

    from artifix.alignment.choice import agreement_of, confidence_of

    best, found = pipeline.locate_best(session.cases, config, progress)
    tried = [
        {
            "name": case.reference.path.name,
            "sha256": case.reference.sha256,
            "confidence": round(confidence_of(result.alignments), 4),
            "agreement": round(agreement_of(result.alignments), 4),
            "used": index == best,
        }
        for index, (case, result) in enumerate(zip(session.cases, found, strict=True))
    ]
    return Located(session.cases[best], found[best], tried)


def open_pipeline(config: CommandConfig, console: Console) -> Loaded:
    """Load and check the weights, and say where they run.

    Raises:
        WeightsError: the weights are missing, changed or unsafe.
        DeviceError: the device is not there.
    """
    from artifix.network.weights import find_weights

    started_s = time.perf_counter()
    weights = find_weights(config.run.weights)

    from artifix.network.device import choose_device, choose_dtype
    from artifix.pipeline import load_pipeline

    quiet_libraries()
    device = choose_device(config.run.device)
    dtype = choose_dtype(config.run.dtype, device)
    dtype_name = str(dtype).removeprefix("torch.")
    console.note(f"running {weights.name} on {device} in {dtype_name}")
    pipeline = load_pipeline(str(weights), device, dtype)
    return Loaded(pipeline, str(device), dtype_name, time.perf_counter() - started_s)


def quiet_libraries() -> None:
    """Keep the progress bars and advice of diffusers and transformers off stderr."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    diffusers_logging.disable_progress_bar()
    diffusers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()


def _check_together(given: dict[str, Any], config: CommandConfig) -> None:
    """Options that say where the masked part lies leave nothing to those that say how to find it."""
    by_hand = [_option(name) for name in BY_HAND if given.get(name) is not None]
    stored = given.get("alignment") is not None
    if len(given["ref"]) > 1 and (by_hand or stored):
        what = by_hand[0] if by_hand else "--alignment"
        raise UsageError(
            f"{what} is for one reference, but --ref was given {len(given['ref'])} times", "give that one"
        )
    if given.get("points") is not None and not config.alignment.transform:
        raise UsageError("--points gives a transform, which --no-transform forbids", "give one of them")
    if stored:
        settings = [_option(name) for name in _alignment_settings() if given.get(name) is not None]
        if clash := [*by_hand, *settings]:
            raise UsageError(
                f"{clash[0]} says how to find the match, but --alignment holds one already",
                f"drop {clash[0]}, or give it to artifix locate",
            )


def _alignment_settings() -> list[str]:
    from artifix.config import AlignmentConfig

    return list(AlignmentConfig.__dataclass_fields__)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _read_cases(given: dict[str, Any]) -> "tuple[Case, ...]":
    from artifix.inputs.case import read_case, with_reference
    from artifix.inputs.hint import read_hint

    references: Sequence[Path] = given["ref"]
    first = read_case(
        given["image"],
        given["mask"],
        references[0],
        fit_mask=given["fit_mask"],
        invert_mask=given["invert_mask"],
        mask_from=given["mask_from"],
    )
    box, mask_path, points_path = (given[name] for name in BY_HAND)
    hint = read_hint(box, mask_path, points_path, first.image, first.reference)
    return (replace(first, hint=hint), *(with_reference(first, path) for path in references[1:]))


def _settings_of(stored: "StoredAlignment") -> Any:
    from artifix.config import AlignmentConfig, check_limits, from_dict

    try:
        settings = from_dict(AlignmentConfig, stored.settings, f"{stored.path}: settings")
        check_limits(settings, f"{stored.path}: settings: ")
    except UsageError as error:  # of a file, not of the command line
        raise InputError(error.problem, error.hint) from error
    return settings
