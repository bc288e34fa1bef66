"""A mask that nobody drew: what who proposes one gives, and how a case is made of it.

Nothing here knows how masks are proposed: that needs matchers, and this room opens files.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifix.box import Box
from artifix.errors import UsageError
from artifix.inputs.case import Case, check_reference
from artifix.inputs.images import Picture, read_picture
from artifix.setting_names import setting


@dataclass(frozen=True, slots=True, eq=False)
class Proposed:
    """A mask and where it comes from."""

    mask: NDArray[np.bool_]  # (H, W), True on at least one pixel
    told: Mapping[str, Any]  # how it was proposed, JSON-ready
    note: str  # the same for a person


# Given the image and the references it proposes a mask, or raises what keeps it from that.
Propose = Callable[[Picture, Sequence[Picture]], Proposed]


def proposed_cases(
    image_path: Path,
    reference_paths: Sequence[Path],
    crops: Mapping[str, Box],
    propose: Propose | None,
) -> list[Case]:
    """Cases whose mask is proposed, one for each reference.

    Args:
        image_path: the image.
        reference_paths: at least one.
        crops: the parts that are meant, by "image" and "reference".
        propose: None where that was not asked for.

    Raises:
        UsageError: it was not.
        InputError: a file cannot be used.
        ArtifixError: what `propose` raises.
    """
    if propose is None:
        raise UsageError(
            f"{image_path}: has no mask",
            f"name one, or pass {setting('auto_mask', True)} to have one proposed",
        )
    image = read_picture(image_path, crop=crops.get("image"))
    references = [read_picture(path, crop=crops.get("reference")) for path in reference_paths]
    for reference in references:
        check_reference(reference, image)
    found = propose(image, references)
    digest = hashlib.sha256(np.packbits(found.mask).tobytes()).hexdigest()
    return [
        Case(
            image,
            found.mask.astype(np.float32),
            reference,
            digest,
            (image_path, image_path, reference.path),
            crops=crops,
            notes=(found.note,),
            proposed=found.told,
        )
        for reference in references
    ]
