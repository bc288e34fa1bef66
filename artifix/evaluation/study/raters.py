"""Whose answers count."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from artifix.errors import InputError
from artifix.evaluation.study.answers import Answers
from artifix.evaluation.study.study import Study
from artifix.inputs.table import counted
from artifix.setting_names import setting


@dataclass(frozen=True, slots=True)
class Rater:
    """One file of answers, and whether it counts."""

    name: str  # of the file
    rater: str
    answered: int
    total: int
    failed: int  # checks
    checks: int  # that they answered
    seconds: float
    left_out: str  # why; "" where it counts


def raters_of(
    study: Study, answers: Sequence[Answers], copies: Sequence[Answers], allowed: int
) -> list[Rater]:
    """Whose answers count.

    Args:
        study: what was asked.
        answers: one of each rater.
        copies: files that say the same as one of them.
        allowed: so many failed checks are forgiven.
    """
    found = []
    for one, is_copy in [(one, False) for one in answers] + [(one, True) for one in copies]:
        right = {q.id: q.right for q in study.questions if q.is_check and q.id in one.choices}
        failed = sum(one.choices[name][:1] != (picture,) for name, picture in right.items())
        why = ""
        if is_copy:
            why = "the same file twice"
        elif not one.is_finished:
            why = f"unfinished: {len(one.choices)} of {one.total} answered"
        elif failed > allowed:
            why = f"failed {failed} of {counted(len(right), 'check')}"
        found.append(
            Rater(one.name, one.rater, len(one.choices), one.total, failed, len(right), one.seconds, why)
        )
    return found


def require_some(raters: Sequence[Rater]) -> None:
    """Raise InputError where nobody's answers count."""
    if not any(not one.left_out for one in raters):
        reasons = Counter(one.left_out.partition(":")[0].partition(" ")[0] for one in raters)
        told = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        raise InputError(
            f"nobody's answers count: {told}",
            f"{setting('allow_failed', 'N')} forgives failed checks; unfinished answers never count",
        )
