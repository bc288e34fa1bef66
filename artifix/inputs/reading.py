"""A request's files, read."""

from dataclasses import dataclass, replace
from pathlib import Path

from artifix.errors import InputError
from artifix.inputs.case import Case, read_case, with_reference
from artifix.inputs.hint import read_hint
from artifix.inputs.places import Place, Url, without_secrets
from artifix.inputs.proposing import Propose, proposed_cases
from artifix.inputs.request import Request
from artifix.inputs.stored_alignment import StoredAlignment, read_stored_alignment


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """The files of one repair, read."""

    cases: tuple[Case, ...]  # the same image and mask, one for each reference
    stored: StoredAlignment | None = None

    @property
    def paths(self) -> list[Path]:
        """The files read."""
        given = [path for case in self.cases for path in (*case.paths, *case.hint.paths)]
        return [*dict.fromkeys(given), *([self.stored.path] if self.stored else [])]


def read_inputs(request: Request, propose: Propose | None = None) -> Inputs:
    """Read and check every file of a request.

    Args:
        request: what was asked for.
        propose: proposes the mask where none is named; None where that was not asked for.

    Raises:
        UsageError: what is known of the match contradicts itself, or there is no mask.
        InputError: a file cannot be used, or the files do not fit each other.
        ArtifixError: what `propose` raises.
    """
    if request.mask is None:
        references = [_path(place) for place in request.references]
        return Inputs(tuple(proposed_cases(_path(request.image), references, request.crops, propose)))
    first = read_case(
        _path(request.image),
        _path(request.mask),
        _path(request.references[0]),
        fit_mask=request.fit_mask,
        invert_mask=request.invert_mask,
        mask_from=request.mask_from,
        crops=request.crops,
    )
    ref_mask, points, alignment = map(_path_or_none, (request.ref_mask, request.points, request.alignment))
    hint = read_hint(request.region, ref_mask, points, first.image, first.reference)
    crop = request.crops.get("reference")
    others = [with_reference(first, _path(place), crop) for place in request.references[1:]]
    stored = None if alignment is None else read_stored_alignment(alignment, first)
    return Inputs((replace(first, hint=hint), *others), stored)


def _path(place: Place) -> Path:
    if isinstance(place, Url):
        raise InputError(
            f"{without_secrets(place)}: is a URL, not a file on this machine", "download it first"
        )
    return place


def _path_or_none(place: Place | None) -> Path | None:
    return None if place is None else _path(place)
