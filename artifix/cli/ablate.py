"""`artifix ablate`."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from artifix.cli import options
from artifix.cli.console import Console
from artifix.cli.options import argument, option
from artifix.cli.session import open_pipeline
from artifix.config import CommandConfig
from artifix.config_sections import settings_of
from artifix.evaluation.config import AblationConfig, Reading

if TYPE_CHECKING:
    from artifix.evaluation.survey import Survey

_DEFAULTS = AblationConfig()
_DECLARED = settings_of(AblationConfig)
_EXTRA = '"artifix[eval]"'  # with the libraries below, as pip spells it
_LIBRARIES = ("matplotlib", "skimage")


def _own(name: str, metavar: str | None = None, **more: Any) -> Any:
    return option(f"--{name}", _DECLARED[name].text, metavar, **more)


@dataclass(frozen=True, slots=True)
class SurveyOptions:
    """What is measured, and where to."""

    cases: Annotated[
        Path,
        argument("CASES", "Folder of cases with a true region, or a CSV of image,mask,reference,region."),
    ]
    out: options.Out
    timesteps: Annotated[int, _own("timesteps", "N")] = _DEFAULTS.timesteps
    at: Annotated[list[int] | None, _own("at", "T")] = None
    reading: Annotated[Reading, _own("reading")] = _DEFAULTS.reading
    every: Annotated[int, _own("every", "N")] = _DEFAULTS.every
    show: Annotated[int, _own("show", "N")] = _DEFAULTS.show
    case: Annotated[
        list[str] | None, option("--case", "Draw the maps of this case; may be repeated.", "NAME")
    ] = None
    write: Annotated[
        bool, option("--write", "Store the best layer and timestep in the weights as their calibration.")
    ] = False
    overwrite: options.Overwrite = False


@dataclass(frozen=True, slots=True)
class LookOptions(options.ManyRunOptions):
    """What with, and which crops are looked at."""

    contexts: list[float] | None = None


def ablate(*, asked: SurveyOptions, run: LookOptions, speech: options.SpeechOptions) -> None:
    """Measure which attention layer and timestep find the masked part best.

    The mIoU of the correspondence map with the true region, over all cases, for every cross-attention layer
    and timestep. Writes gamma.csv, gamma.npy, gamma_box.npy, gamma.png, curves.png, maps.png and record.json.
    """
    settings = options.settled(run)
    config = settings.config
    console = Console(speech.quiet, speech.json)
    survey = _survey(asked, config, console)
    loaded = open_pipeline(config, console)

    from artifix.evaluation.ablation_files import ablation_files, ablation_record
    from artifix.evaluation.cases import read_known_case
    from artifix.evaluation.survey import calibrate, measure_all
    from artifix.outputs.save import save_result

    with console.progress() as progress:
        network, contexts = loaded.pipeline.network, config.alignment.contexts
        gamma, grids = measure_all(survey, network, contexts, config.seed, progress)
    total_s = time.perf_counter() - settings.started_s
    timings = {"load_s": round(loaded.load_s, 3), "total_s": round(total_s, 3)}
    record = {**ablation_record(gamma, grids, survey, config, loaded), "timings": timings}
    measured = zip(survey.cases, grids, strict=True)
    shown = [(read_known_case(files), grid) for files, grid in measured if files.name in survey.shown]
    made = ablation_files(gamma, shown, record)
    save_result(asked.out, made, asked.overwrite, survey.inputs)
    if asked.write:
        for said in calibrate(config.run, record["chosen"]["layer"], record["chosen"]["timestep"]):
            console.note(said)
    told = {**record, "out": str(asked.out), "files": sorted(made), "written": asked.write}
    console.result(_sentence(asked.out, record), told)


def _survey(asked: SurveyOptions, config: CommandConfig, console: Console) -> "Survey":
    """Everything that can be refused without the network."""
    from artifix.evaluation.survey import check_readable, check_wanted, require_calibratable, survey_of
    from artifix.outputs.save import check_output
    from artifix.training.optional_packages import require_installed

    wanted = AblationConfig(asked.reading, asked.timesteps, tuple(asked.at or ()), asked.every, asked.show)
    check_wanted(wanted)
    for library in _LIBRARIES:
        require_installed(library, "artifix ablate", _EXTRA)

    from artifix.evaluation.ablation_files import FILES

    survey = survey_of(asked.cases, wanted, asked.case or ())
    check_output(asked.out, asked.overwrite, survey.inputs, FILES)
    if asked.write:
        require_calibratable(survey, config.run)
    with console.progress() as progress:
        check_readable(survey, progress)
    return survey


def _sentence(folder: Path, record: Mapping[str, Any]) -> str:
    chosen, count = record["chosen"], len(record["cases"])
    return (
        f"{folder}: best at timestep {chosen['timestep']}, layer {chosen['index']} ({chosen['layer']}): "
        f"mIoU {chosen['miou']:.3f}, with the box {chosen['box_miou']:.3f}, "
        f"{count} case{'s' * (count != 1)}"
    )
