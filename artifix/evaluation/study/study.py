"""A study: its questions, what its opaque ids stand for, and the plan of each rater."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from artifix.evaluation.study.config import PARTS
from artifix.evaluation.study.drawing_lots import Lots

RATER = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")  # an id, in the one form that all its spellings take


@dataclass(frozen=True, slots=True)
class Question:
    """One question, as the page holds it."""

    id: str  # opaque
    part: str  # one of `config.PARTS`
    case: str  # its name
    methods: dict[str, str]  # by opaque id of a picture; in a check what the picture is
    right: str = ""  # id of the picture that must be chosen; "" where it is no check

    @property
    def is_check(self) -> bool:
        return bool(self.right)

    @property
    def pictures(self) -> list[str]:
        """Opaque ids, in the order of the page, which says nothing of the methods."""
        return list(self.methods)


@dataclass(frozen=True, slots=True)
class Study:
    """What was asked; all that a page does not tell."""

    id: str  # of its content
    form: str  # "pairs" or "rank"
    ties: bool  # "no difference" is an answer
    seed: int
    methods: tuple[str, ...]  # in the researcher's order
    questions: tuple[Question, ...]  # in the order of the page

    @property
    def parts(self) -> tuple[str, ...]:
        """Those that are asked, in their order."""
        asked = {question.part for question in self.questions}
        return tuple(part for part in PARTS if part in asked)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every two methods, in the researcher's order."""
        return list(combinations(self.methods, 2))


@dataclass(frozen=True, slots=True)
class Step:
    """One question as one rater sees it."""

    question: Question
    shown: tuple[str, ...]  # ids of its pictures from left to right


def plan_of(study: Study, rater: str) -> list[Step]:
    """All questions in the order in which the page asks this rater, each with its sides.

    Args:
        study: what is asked.
        rater: their id, as `RATER` has it.
    """
    steps = []
    for part in study.parts:
        lots = Lots(f"{study.id}/{rater}/{part}")
        asked = lots.shuffled([question for question in study.questions if question.part == part])
        steps += [Step(question, tuple(lots.shuffled(question.pictures))) for question in asked]
    return steps


def balanced(
    pairs: Sequence[tuple[str, ...]], cases: Sequence[str], count: int
) -> list[tuple[str, tuple[str, ...]]]:
    """So many different combinations of a case and methods, each of both about equally often.

    Args:
        pairs: methods that are shown together, in a drawn order.
        cases: names, in a drawn order.
        count: at most as many as there are combinations.

    Returns:
        The case and the methods of each.
    """
    # Going round both at once meets each combination once in every turn of their least common multiple; one
    # step more in each further turn meets those that are left, by the Chinese remainder theorem.
    turn = len(pairs) * len(cases) // math.gcd(len(pairs), len(cases))
    return [(cases[(k + k // turn) % len(cases)], pairs[k % len(pairs)]) for k in range(count)]
