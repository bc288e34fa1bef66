"""What stage 1 gives: where every mask group lies, and whether that is sure enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from artifix.alignment.alignment import Alignment
from artifix.alignment.choice import Refusal, refusal_to_repair
from artifix.config import AlignmentConfig
from artifix.errors import NoMatchError


@dataclass(frozen=True, slots=True, eq=False)
class LocateResult:
    """Where every mask group lies in the reference.

    Attributes:
        alignments: the largest group first.
        timings: seconds by stage.
        refusal: why it should not be used; None where it is sure enough.
        specks: (H, W), what of the mask is too small to be sought.
    """

    alignments: tuple[Alignment, ...]
    timings: dict[str, float]
    refusal: Refusal | None = None
    specks: NDArray[np.bool_] | None = None

    @property
    def filled(self) -> NDArray[np.bool_] | None:
        """(H, W) what of the mask is filled from around, and not repaired after the reference; or None."""
        specks = [] if self.specks is None else [self.specks]
        parts = [*specks, *(alignment.mask for alignment in self.alignments if alignment.filled)]
        return np.logical_or.reduce(parts) if parts else None

    def sure(self) -> "LocateResult":
        """This result.

        Raises:
            NoMatchError: it is refused; the error's `found` is this result.
        """
        if self.refusal is not None:
            raise self._error(self.refusal)
        return self

    def check_for_repair(self, config: AlignmentConfig) -> None:
        """Refuse what is not good enough to repaint after.

        Args:
            config: says what is; `force` overrules a refusal that came with another setting.

        Raises:
            NoMatchError: it is not; the error's `found` is this result.
        """
        if not config.force:
            self.sure()
        refusal = refusal_to_repair(self.alignments, config)
        if refusal is not None:
            raise self._error(refusal)

    def _error(self, refusal: Refusal) -> NoMatchError:
        return NoMatchError(refusal.marked_problem, refusal.marked_hint, self)


def result_of(
    found: Sequence[Alignment],
    refusal: Refusal | None = None,
    timings: Mapping[str, float] | None = None,
    specks: NDArray[np.bool_] | None = None,
) -> LocateResult:
    """The result that holds the alignments of all mask groups."""
    return LocateResult(tuple(found), dict(timings or {}), refusal, specks)
