"""The answers of raters, as the page saves them, read and held to the plan that it drew for them."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artifix.errors import InputError
from artifix.evaluation.study.key import KIND as KEY
from artifix.evaluation.study.methods import shortened
from artifix.evaluation.study.study import RATER, Step, Study, plan_of
from artifix.inputs.table import counted, read_text, shown

KIND = "artifix study answers"
_REMEDY = "ask the raters for the files that the page saved, unchanged, or move these out"
_MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Answers:
    """All that one rater answered."""

    name: str  # of the file
    rater: str
    choices: dict[str, tuple[str, ...]]  # by id of a question: pictures, best first; () is "no difference"
    seconds: float  # spent on questions
    total: int  # questions they were to answer
    digest: str  # of what they answered

    @property
    def is_finished(self) -> bool:
        return len(self.choices) == self.total


def answer_files(given: Sequence[Path], key: Path) -> list[Path]:
    """The files that are named, and the JSON files of folders that are; the key is none of them.

    Raises:
        InputError: one is not there, or there are none.
    """
    found: list[Path] = []
    for path in given:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder", "name answers, or folders of them")
        found += sorted(path.glob("*.json")) if path.is_dir() else [path]
    unique = list({path.resolve(): path for path in found if path.resolve() != key.resolve()}.values())
    if not unique:
        raise InputError(
            f"{', '.join(map(str, given))}: no answers", "answers are the .json files that the page saved"
        )
    return unique


def read_answers(paths: Sequence[Path], study: Study) -> list[Answers]:
    """The answers of all files.

    Raises:
        InputError: files that are damaged, changed, or of another study, each with what is wrong.
    """
    found, wrong = [], []
    for path in paths:
        try:
            found.append(_answers(path, study))
        except InputError as error:
            wrong.append(error.problem)
        except KeyError as error:
            wrong.append(f"{path}: is damaged: it tells no {error.args[0]}")
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            wrong.append(f"{path}: is damaged: {error or type(error).__name__}")
    if wrong:
        told = wrong[:_MOST_TOLD] + [f"and {len(wrong) - _MOST_TOLD} more"] * (len(wrong) > _MOST_TOLD)
        raise InputError(
            "\n  ".join([f"{counted(len(wrong), 'file')} of {len(paths)} cannot be used:", *told]), _REMEDY
        )
    return found


def require_one_each(answers: Sequence[Answers]) -> tuple[list[Answers], list[Answers]]:
    """Those that count, and copies of them that do not.

    Raises:
        InputError: two files of one rater say different things.
    """
    kept: dict[str, Answers] = {}
    copies, doubled = [], []
    for one in answers:
        earlier = kept.setdefault(one.rater, one)
        if earlier is not one and earlier.digest == one.digest:
            copies.append(one)
        elif earlier is not one:
            doubled.append(f"{one.rater} ({earlier.name}, {one.name})")
    if doubled:
        raise InputError(
            f"{counted(len(doubled), 'rater')} answered twice, and not the same: {shortened(doubled)}",
            "keep one file of each; two people need two ids",
        )
    return list(kept.values()), copies


def _answers(path: Path, study: Study) -> Answers:
    found = json.loads(read_text(path))
    kind = found.get("kind") if isinstance(found, dict) else None
    if kind == KEY:
        raise ValueError("it is the key of a study")
    if kind != KIND:
        raise ValueError("it holds no answers of a study")
    if found["study"] != study.id:
        raise InputError(f"{path}: answers the study {shown(str(found['study']))}, the key is of {study.id}")
    rater = found["rater"]
    if RATER.fullmatch(rater) is None:
        raise ValueError(f"the rater is {shown(repr(rater))}")
    given, plan = found["answers"], plan_of(study, rater)
    if len(given) > len(plan):
        raise ValueError(f"{len(given)} answers to {counted(len(plan), 'question')}")
    choices = {}
    for number, (one, step) in enumerate(zip(given, plan, strict=False), 1):
        choices[step.question.id] = _choice(one, step, study.ties, f"answer {number}")
    seconds = sum(_seconds(one) for one in given)
    digest = hashlib.sha256(json.dumps([rater, list(choices.items())]).encode()).hexdigest()
    return Answers(path.name, rater, choices, seconds, len(plan), digest)


def _choice(given: Mapping[str, Any], step: Step, ties: bool, where: str) -> tuple[str, ...]:
    """What was chosen, where it answers what the plan asks."""
    if given["question"] != step.question.id or tuple(given["shown"]) != step.shown:
        raise ValueError(f"{where} is not to the question that this rater was asked there")
    choice = tuple(given["choice"])
    if not (sorted(choice) == sorted(step.shown) or (choice == () and ties)):
        raise ValueError(f"{where} is no order of the pictures shown")
    return choice


def _seconds(given: Mapping[str, Any]) -> float:
    seconds = float(given["seconds"])
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"an answer took {seconds} s")
    return seconds
