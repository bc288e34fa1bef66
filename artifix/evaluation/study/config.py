"""What `study build` makes, declared as the settings of a repair are."""

from dataclasses import dataclass
from typing import Literal

from artifix.config_sections import Limits, check_limits, declared
from artifix.errors import UsageError
from artifix.setting_names import setting

Form = Literal["pairs", "rank"]
Part = Literal["realism", "fidelity", "both"]
Coding = Literal["jpeg", "png"]
PARTS = ("realism", "fidelity")  # in the order in which they are asked: the reference comes last
MOST_RANKED = 9  # methods in one question, one for each key of 1 to 9


@dataclass(frozen=True, slots=True)
class StudyConfig:
    """What a study asks, and how its pictures are embedded."""

    form: Form = declared("pairs", "Of two pictures the better one, or all methods in order.")
    part: Part = declared("both", "Which looks better; which is closer to the reference; or both.")
    questions: int = declared(50, "So many in each part, or all there are.", Limits(1, 1000))
    checks: int = declared(2, "Questions with an obvious answer in each part.", Limits(0, 50))
    ties: bool = declared(False, "Offer 'no difference' (pairs only).")
    side: int = declared(1024, "Longest side of a picture in the page [px].", Limits(64, 8192))
    coding: Coding = declared("jpeg", "How pictures are embedded; png is exact.")
    quality: int = declared(92, "Of JPEG.", Limits(50, 100))
    crop: float | None = declared(
        None, "Show only the square around the mask, so many times its longer side.", Limits(1, 100)
    )
    most_mb: int = declared(100, "Refuse to make a page larger than this [MB].", Limits(1, 2000))
    seed: int = declared(0, "Of everything drawn.", Limits(0, 2**32 - 1))

    @property
    def parts(self) -> tuple[str, ...]:
        """Those that are asked, in their order."""
        return PARTS if self.part == "both" else (self.part,)


def check_wanted(wanted: StudyConfig, methods: int) -> None:
    """Raise UsageError if settings are out of their limits, contradict each other or the count of methods."""
    check_limits(wanted)
    if methods < 2:
        raise UsageError(
            f"a study compares methods, and {methods} {'is' if methods == 1 else 'are'} given",
            f"pass {setting('method', 'NAME=FOLDER')} once for each of two or more",
        )
    if wanted.form == "rank" and methods > MOST_RANKED:
        raise UsageError(
            f"{setting('form', 'rank')} of {methods} methods: {MOST_RANKED} at most can be ranked at once",
            f"use {setting('form', 'pairs')}, or fewer methods",
        )
    if wanted.form == "rank" and wanted.ties:
        raise UsageError(
            f"{setting('ties', True)} with {setting('form', 'rank')}: an order has no ties",
            f"leave it out, or use {setting('form', 'pairs')}",
        )
