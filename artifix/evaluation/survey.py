"""An ablation over many cases: what is asked for, checked before there is a network, and its way through."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from artifix.config import RunConfig
from artifix.config_sections import check_limits
from artifix.errors import UsageError
from artifix.evaluation.cases import CaseFiles, read_known_case
from artifix.evaluation.config import AblationConfig
from artifix.evaluation.manifest import find_cases, require_regions
from artifix.progress import Progress
from artifix.setting_names import setting

if TYPE_CHECKING:
    from artifix.evaluation.ablation import CaseGrid, Gamma
    from artifix.network.assembly import Network

LEAST_CASES = 2  # for a calibration


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What is to be measured, checked."""

    wanted: AblationConfig
    cases: list[CaseFiles]  # those that are measured
    shown: list[str]  # names of those whose maps are drawn
    inputs: list[Path]  # files that must stay as they are


def check_wanted(wanted: AblationConfig) -> None:
    """Raise UsageError if the settings are out of their limits or contradict each other."""
    check_limits(wanted)
    if wanted.at and wanted.reading != "single":
        raise UsageError(
            f"{setting('at')} with {setting('reading', wanted.reading)}: the levels of a chain are its steps",
            f"use {setting('timesteps', 'N')} for a chain of N steps",
        )


def survey_of(path: Path, wanted: AblationConfig, drawn: Sequence[str] = ()) -> Survey:
    """The cases of a folder or manifest that `wanted` is to be measured on.

    Args:
        path: of the folder or manifest.
        wanted: what is measured.
        drawn: names of the cases whose maps are drawn; of none some, evenly spread.

    Raises:
        InputError: there are no cases, or not all of them have a true region.
        UsageError: a name of no case.
    """
    cases = find_cases(path)[:: wanted.every]
    require_regions(cases)
    shown = _shown([files.name for files in cases], drawn, wanted.show)
    inputs = [path] if path.is_file() else []
    inputs += [place for files in cases for place in files.paths]
    return Survey(wanted, cases, shown, inputs)


def _shown(names: Sequence[str], drawn: Sequence[str], count: int) -> list[str]:
    if not drawn:
        step = max(len(names) // max(count, 1), 1)
        return list(names[::step][:count])
    if unknown := [name for name in drawn if name not in names]:
        raise UsageError(
            f"{setting('case')} {unknown[0]}: is none of the cases that are measured",
            f"they are: {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}",
        )
    return list(drawn)


def require_calibratable(survey: Survey, run: RunConfig) -> None:
    """Refuse where the survey could not be written into the weights as their calibration.

    Raises:
        UsageError: it measures too little, or not what locating reads.
        WeightsError: they are not there, or cannot be changed.
    """
    from artifix.network.stored_calibration import require_writable
    from artifix.weights.finding import find_weights

    write, count = setting("write"), len(survey.cases)
    if survey.wanted.reading == "chain":
        raise UsageError(
            f"{write} with {setting('reading', 'chain')}: locate reads attention in a single pass",
            f"use {setting('reading', 'single')} or both",
        )
    if count < LEAST_CASES:
        few = f"{count} case is too few to calibrate by, {LEAST_CASES} is the least"
        raise UsageError(f"{write}: {few}", "add cases")
    require_writable(find_weights(run.weights))


def check_readable(survey: Survey, progress: Progress) -> None:
    """Read every case once, so that a damaged file is told before hours of work instead of after them.

    Raises:
        InputError: a file cannot be used.
    """
    for done, files in enumerate(survey.cases, 1):
        read_known_case(files)
        progress("check", done, len(survey.cases))


def measure_all(
    survey: Survey, network: "Network", contexts: Sequence[float], seed: int, progress: Progress
) -> "tuple[Gamma, list[CaseGrid]]":
    """Gamma over all cases, and that of each, in their order.

    Raises:
        UsageError: noise levels that the schedule does not have.
    """
    from artifix.evaluation.ablation import axes_of, mean, measure

    axes, grids = axes_of(network, survey.wanted), []
    progress("ablate", 0, len(survey.cases))
    for done, files in enumerate(survey.cases, 1):
        grids.append(measure(network, read_known_case(files), axes, contexts, seed))
        progress("ablate", done, len(survey.cases))
    return mean(axes, grids), grids


def calibrate(run: RunConfig, layer: str, timestep: int) -> list[str]:
    """Write a calibration into the weights.

    Returns:
        What a person should know of it.

    Raises:
        WeightsError: they are not there, or cannot be changed.
    """
    from artifix.network.stored_calibration import write_calibration
    from artifix.weights.finding import find_weights

    folder = find_weights(run.weights)
    write_calibration(folder, {"alignment_layer": layer, "alignment_timestep": timestep})
    notes = [f"{folder}: calibrated to {layer}, timestep {timestep}"]
    card, told = folder / "README.md", f"`{layer}`, timestep {timestep}"
    if card.is_file() and told not in " ".join(card.read_text(encoding="utf-8", errors="replace").split()):
        notes.append(f"{card}: tells of another calibration, mend it by hand")
    return notes
