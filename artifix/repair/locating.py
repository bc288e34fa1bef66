"""Stage 1 for whatever was asked: one reference, the best of several, or an alignment that is stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from artifix.config import RefineConfig
from artifix.inputs.case import Case
from artifix.inputs.reading import Inputs
from artifix.progress import Progress

if TYPE_CHECKING:
    from artifix.alignment.locate_result import LocateResult
    from artifix.pipeline import RefineByAlignPipeline


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """Where the masked part lies, and in which reference."""

    case: Case  # with that reference
    result: "LocateResult"
    tried: list[dict[str, Any]] = field(default_factory=list)  # every one of several references, JSON-ready


def search(
    pipeline: "RefineByAlignPipeline", inputs: Inputs, config: RefineConfig, progress: Progress | None = None
) -> Located:
    """Find the masked part in the reference, in the best of several, or where alignment.json says.

    Nothing is refused here: `result.refusal` says whether what was found is not sure enough.

    Raises:
        InputError: the stored alignment is no answer.
    """
    cases = inputs.cases
    if inputs.stored is not None:
        return Located(cases[0], pipeline.restore(cases[0], inputs.stored, config))
    if len(cases) == 1:
        return Located(cases[0], pipeline.search(cases[0], config, progress))
    best, found = pipeline.search_best(cases, config, progress)
    return Located(cases[best], found[best], _tried(cases, found, best))


def _tried(cases: Sequence[Case], found: "Sequence[LocateResult]", best: int) -> list[dict[str, Any]]:
    from artifix.alignment.choice import agreement_of, confidence_of

    return [
        {
            "name": case.reference.path.name,
            "sha256": case.reference.sha256,
            "confidence": round(confidence_of(result.alignments), 4),
            "agreement": round(agreement_of(result.alignments), 4),
            "used": index == best,
        }
        for index, (case, result) in enumerate(zip(cases, found, strict=True))
    ]
