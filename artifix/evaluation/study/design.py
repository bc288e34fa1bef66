"""From cases and methods to a study: which questions, which pictures, under which ids."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from artifix.errors import UsageError
from artifix.evaluation.cases import CaseFiles
from artifix.evaluation.study.config import StudyConfig
from artifix.evaluation.study.methods import Method
from artifix.evaluation.study.pictures import (
    DESTROYED,
    INTACT,
    REFERENCE,
    Embedded,
    case_pictures,
)
from artifix.evaluation.study.study import Question, Study, balanced
from artifix.inputs.table import counted
from artifix.progress import Progress
from artifix.setting_names import setting

_ID_LETTERS = 10  # hexadecimal digits of an opaque id


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A study and the pictures of its page."""

    study: Study
    pictures: dict[str, Embedded]  # by opaque id, in an order that says nothing
    references: dict[str, str]  # by id of a question: of its reference; "" where none is shown
    focus: dict[
        str, tuple[float, float]
    ]  # by id of a question: what a closer look is taken at, (x, y) in shares
    possible: int  # questions a part could have had
    alike: tuple[str, ...]  # cases of which methods made the very same picture


@dataclass(frozen=True, slots=True)
class _Asked:
    part: str
    case: str
    shown: tuple[str, ...]  # methods, or INTACT and DESTROYED
    is_check: bool


def design_of(
    cases: Sequence[CaseFiles], methods: Sequence[Method], wanted: StudyConfig, progress: Progress
) -> Design:
    """Draw the questions, and read and encode what they show.

    Args:
        cases: that may be asked about.
        methods: that are compared.
        wanted: checked settings.
        progress: told of each case.

    Returns:
        The same for the same arguments.

    Raises:
        UsageError: more checks than cases.
        InputError: a picture cannot be used.
    """
    random = np.random.default_rng(wanted.seed)
    asked, possible = _asked([files.name for files in cases], [m.name for m in methods], wanted, random)
    needed = _needed(asked)
    found = {}
    progress("pictures", 0, len(needed))
    for files in cases:
        if files.name in needed:
            names = needed[files.name]
            made = {m.name: m.pictures[files.name] for m in methods if m.name in names}
            found[files.name] = case_pictures(files, made, names, wanted)
            progress("pictures", len(found), len(needed))
    ids = _Ids(random)
    keys = [(case, name) for case, names in needed.items() for name in sorted(names)]
    opaque = {key: ids.new() for key in keys}
    questions = tuple(_question(one, opaque, ids.new(), random) for one in asked)
    order = random.permutation(len(keys))
    pictures = {opaque[keys[k]]: found[keys[k][0]].pictures[keys[k][1]] for k in order}
    study = Study(
        _content_id(questions, pictures, wanted),
        wanted.form,
        wanted.ties,
        wanted.seed,
        tuple(m.name for m in methods),
        questions,
    )
    return Design(
        study,
        pictures,
        {q.id: opaque[q.case, REFERENCE] if q.part == "fidelity" else "" for q in questions},
        {q.id: found[q.case].focus for q in questions},
        possible,
        _alike(asked, {name: one.pictures for name, one in found.items()}),
    )


def _asked(
    cases: Sequence[str], methods: Sequence[str], wanted: StudyConfig, random: np.random.Generator
) -> tuple[list[_Asked], int]:
    """The questions of all parts in a drawn order, and how many of one part there could be."""
    if wanted.checks > len(cases):
        raise UsageError(
            f"{setting('checks', wanted.checks)}: there are only {counted(len(cases), 'case')}",
            f"pass {setting('checks', len(cases))} or less, or give more cases",
        )
    groups = [tuple(methods)] if wanted.form == "rank" else list(combinations(methods, 2))
    possible = len(groups) * len(cases)
    names = [cases[k] for k in random.permutation(len(cases))]
    groups = [groups[k] for k in random.permutation(len(groups))]
    drawn = balanced(groups, names, min(wanted.questions, possible))
    # Both parts ask the same, so that they can be compared; the checks take cases from the other end.
    both = [(case, shown, False) for case, shown in drawn]
    both += [(case, (INTACT, DESTROYED), True) for case in names[::-1][: wanted.checks]]
    asked = [_Asked(part, *one) for part in wanted.parts for one in both]
    return [asked[k] for k in random.permutation(len(asked))], possible


def _needed(asked: Sequence[_Asked]) -> dict[str, frozenset[str]]:
    """What is shown of each case."""
    needed: dict[str, set[str]] = {}
    for one in asked:
        reference = {REFERENCE} if one.part == "fidelity" else set()
        needed.setdefault(one.case, set()).update(one.shown, reference)
    return {case: frozenset(names) for case, names in needed.items()}


def _question(
    one: _Asked, opaque: Mapping[tuple[str, str], str], own: str, random: np.random.Generator
) -> Question:
    shown = [one.shown[k] for k in random.permutation(len(one.shown))]
    pictures = {opaque[one.case, name]: name for name in shown}
    return Question(own, one.part, one.case, pictures, opaque[one.case, INTACT] if one.is_check else "")


def _alike(asked: Sequence[_Asked], pictures: Mapping[str, Mapping[str, Embedded]]) -> tuple[str, ...]:
    found = set()
    for one in asked:
        if len({pictures[one.case][name].data for name in one.shown}) < len(one.shown):
            found.add(one.case)
    return tuple(sorted(found))


def _content_id(questions: Sequence[Question], pictures: Mapping[str, Embedded], wanted: StudyConfig) -> str:
    """What names the study: nobody learns the seed from it."""
    content = hashlib.sha256(f"{wanted.form} {wanted.ties}".encode())
    for question in questions:
        content.update(" ".join([question.id, question.part, *question.pictures]).encode())
    for name, picture in pictures.items():
        content.update(name.encode() + hashlib.sha256(picture.data).digest())
    return content.hexdigest()[:16]


class _Ids:
    """Opaque ids, no two alike."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random, self._used = random, set[str]()

    def new(self) -> str:
        while True:
            drawn = self._random.bytes(_ID_LETTERS // 2).hex()
            if drawn not in self._used:
                self._used.add(drawn)
                return drawn
