"""`artifix study`: a page that asks raters which pictures are better, and what their answers say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artifix.cli import options
from artifix.cli.console import Console
from artifix.cli.options import argument, option
from artifix.cli.signature import flattened
from artifix.config_sections import settings_of
from artifix.evaluation.study.config import Coding, Form, Part, StudyConfig, check_wanted

if TYPE_CHECKING:
    from artifix.evaluation.study.design import Design
    from artifix.evaluation.study.methods import Method
    from artifix.evaluation.study.scoring import PartScore

_DEFAULTS = StudyConfig()
_DECLARED = settings_of(StudyConfig)
_EXTRA = '"artifix[eval]"'  # with matplotlib, as pip spells it

study = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Ask raters which method's pictures are better, and score their answers.",
)


def _own(name: str, metavar: str | None = None) -> Any:
    known = _DECLARED[name]
    limits = "" if known.limits is None else f" {known.limits}."
    return option(f"--{name.replace('_', '-')}", f"{known.text}{limits}", metavar)


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What is compared, and where the study goes."""

    cases: Annotated[
        Path, argument("CASES", "Folder of cases, or a CSV of image,mask,reference with a row for each.")
    ]
    method: Annotated[
        list[str],
        option(
            "--method -m",
            "What a method made: FOLDER/<case>.png or FOLDER/<case>/refined.png. Once for each method.",
            "NAME=FOLDER",
        ),
    ]
    out: options.Out
    texts: Annotated[
        Path | None, option("--texts", "TOML of what raters read, to replace any of it.", "FILE")
    ] = None
    overwrite: options.Overwrite = False


@dataclass(frozen=True, slots=True)
class QuestionOptions:
    """What is asked, and how it is embedded: the fields of `StudyConfig`."""

    form: Annotated[Form, _own("form")] = _DEFAULTS.form
    part: Annotated[Part, _own("part")] = _DEFAULTS.part
    questions: Annotated[int, _own("questions", "N")] = _DEFAULTS.questions
    checks: Annotated[int, _own("checks", "N")] = _DEFAULTS.checks
    ties: Annotated[bool, _own("ties")] = _DEFAULTS.ties
    side: Annotated[int, _own("side", "PX")] = _DEFAULTS.side
    coding: Annotated[Coding, _own("coding")] = _DEFAULTS.coding
    quality: Annotated[int, _own("quality", "Q")] = _DEFAULTS.quality
    crop: Annotated[float | None, _own("crop", "FACTOR")] = _DEFAULTS.crop
    most_mb: Annotated[int, _own("most_mb", "MB")] = _DEFAULTS.most_mb
    seed: Annotated[int, _own("seed", "N")] = _DEFAULTS.seed


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """Which answers, and where the scores go."""

    answers: Annotated[list[Path], argument("ANSWERS...", "Files that raters sent back, or folders of them.")]
    key: Annotated[Path, option("--key", "key.json of the study.", "FILE")]
    out: options.Out
    allow_failed: Annotated[
        int, option("--allow-failed", "Leave out raters who failed more checks than this.", "N", min=0)
    ] = 0
    level: Annotated[float, option("--level", "Of the intervals, above 0.5 and below 1.", "SHARE")] = 0.95
    overwrite: options.Overwrite = False


def build(*, asked: SourceOptions, what: QuestionOptions, speech: options.SpeechOptions) -> None:
    """Make the page of a study: one HTML file that raters open offline, and the key to their answers.

    Writes study.html, which goes to the raters, and key.json and record.json, which name the methods and
    stay with you.
    """
    wanted = StudyConfig(**{name: getattr(what, name) for name in _DECLARED})
    check_wanted(wanted, len(asked.method))

    from artifix.evaluation.manifest import find_cases
    from artifix.evaluation.study.design import design_of
    from artifix.evaluation.study.files import BUILT, built_files, built_record
    from artifix.evaluation.study.methods import methods_of
    from artifix.evaluation.study.page import check_size, page_of
    from artifix.evaluation.study.texts import texts_of
    from artifix.outputs.save import check_output, save_result

    console = Console(speech.quiet, speech.json)
    texts, cases = texts_of(asked.texts), find_cases(asked.cases)
    methods = methods_of(asked.method, cases)
    inputs = [path for files in cases for path in files.paths]
    inputs += [path for method in methods for path in method.pictures.values()]
    inputs += [path for path in (asked.cases, asked.texts) if path is not None and path.is_file()]
    check_output(asked.out, asked.overwrite, inputs, BUILT)
    with console.progress() as progress:
        design = design_of(cases, methods, wanted, progress)
    page = page_of(design, texts)
    check_size(page, design, wanted)
    record = built_record(design, methods, wanted, page)
    files = built_files(design, page, record)
    save_result(asked.out, files, asked.overwrite, inputs)
    _note(console, design, methods, wanted)
    console.result(_built(asked.out, record), {**record, "out": str(asked.out), "files": sorted(files)})


def _note(console: Console, design: "Design", methods: Sequence["Method"], wanted: StudyConfig) -> None:
    """What a researcher should know of the study that was made."""
    from artifix.evaluation.study.methods import shortened

    for method in methods:
        if method.extra:
            console.note(f"method {method.name}: {len(method.extra)} of no case: {shortened(method.extra)}")
    if design.alike:
        console.note(f"two methods made the same picture of {shortened(design.alike)}: raters can only guess")
    asked = sum(not q.is_check for q in design.study.questions) // len(design.study.parts)
    if asked < design.possible:
        console.note(f"asks {asked} of {design.possible} possible questions in each part, drawn by the seed")
    elif asked < wanted.questions:
        console.note(f"asks all {asked} questions that there are in each part")


def _built(folder: Path, record: Mapping[str, Any]) -> str:
    counts = " + ".join(f"{count} {part}" for part, count in record["questions"].items())
    return (
        f"{folder}: study {record['study']} asks {counts} questions with {record['pictures']} pictures, "
        f"{record['page_bytes'] / 1e6:.1f} MB; send study.html to raters, keep key.json to yourself"
    )


def score(*, asked: AnswerOptions, speech: options.SpeechOptions) -> None:
    """Score the answers of raters: shares, ranking, agreement, and who was left out.

    Writes scores.md, scores.tex, scores.png, methods.csv, pairs.csv, raters.csv and record.json.
    """
    from artifix.evaluation.study.answers import answer_files, read_answers, require_one_each
    from artifix.evaluation.study.files import SCORED, scored_files, scored_record
    from artifix.evaluation.study.key import read_key
    from artifix.evaluation.study.raters import raters_of, require_some
    from artifix.evaluation.study.scoring import scores_of
    from artifix.outputs.save import check_output, save_result
    from artifix.training.optional_packages import require_installed

    if not 0.5 < asked.level < 1:
        raise typer.BadParameter("give a number above 0.5 and below 1", param_hint="'--level'")
    require_installed("matplotlib", "artifix study score", _EXTRA)
    key = read_key(asked.key)
    paths = answer_files(asked.answers, asked.key)
    check_output(asked.out, asked.overwrite, [asked.key, *paths], SCORED)
    found, copies = require_one_each(read_answers(paths, key))
    raters = raters_of(key, found, copies, asked.allow_failed)
    require_some(raters)
    counted = {one.rater for one in raters if not one.left_out}
    scores = scores_of(key, [one for one in found if one.rater in counted], asked.level)
    record = scored_record(key, scores, raters, asked.level, asked.allow_failed)
    files = scored_files(scores, raters, asked.level, record)
    save_result(asked.out, files, asked.overwrite, [asked.key, *paths])
    console = Console(speech.quiet, speech.json)
    for one in record["left_out"]:
        console.note(f"left out: {one['rater']} ({one['file']}): {one['why']}")
    for part in scores:
        for note in part.notes:
            console.note(f"{part.part}: {note}")
    console.result(_scored(asked.out, scores), {**record, "out": str(asked.out), "files": sorted(files)})


def _scored(folder: Path, scores: Sequence["PartScore"]) -> str:
    told = []
    for part in scores:
        best = min(part.methods, key=lambda one: one.rank)
        told.append(f"{part.part}: {best.method} first, preferred in {best.preferred.value:.1%}")
    count = scores[0].raters
    return f"{folder}: {count} rater{'s' * (count != 1)}; {'; '.join(told)}"


for command in (build, score):
    study.command()(flattened(command))
