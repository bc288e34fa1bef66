"""The mask of a repair that nobody drew: of the reference that fits best, what stands out."""

from collections.abc import Sequence

from artifix.detection import DETECTOR, MOST, THRESHOLD
from artifix.detection.detector import Detection, detect
from artifix.errors import NoMatchError, NothingFoundError
from artifix.inputs.images import Picture
from artifix.inputs.proposing import Proposed
from artifix.setting_names import setting


def propose_mask(image: Picture, references: Sequence[Picture]) -> Proposed:
    """All proposals that are more likely an artifact than not, as one mask.

    Args:
        image: the image.
        references: at least one; of several the one is used that most matches lie on.

    Raises:
        NoMatchError: no reference shows what the image shows.
        NothingFoundError: they agree.
    """
    reference, found = detect_best(image, references)
    chosen = [proposal for proposal in found.proposals if proposal.score >= THRESHOLD]
    if not chosen:
        raise nothing_found(image, reference, found, THRESHOLD)
    scores = ", ".join(f"{proposal.score:.2f}" for proposal in chosen)
    places = "; ".join(",".join(map(str, proposal.box.as_tuple())) for proposal in chosen)
    told = {
        "by": DETECTOR,
        "reference": reference.path.name,
        "threshold": THRESHOLD,
        "boxes": [list(proposal.box.as_tuple()) for proposal in chosen],
        "scores": [round(proposal.score, 4) for proposal in chosen],
    }
    return Proposed(found.marked(), told, f"the mask was proposed, not drawn: at {places} (score {scores})")


def detect_best(image: Picture, references: Sequence[Picture], most: int = MOST) -> tuple[Picture, Detection]:
    """What was found with the reference that most matches lie on.

    Raises:
        NoMatchError: no reference shows what the image shows.
    """
    best: tuple[Picture, Detection] | None = None
    refused: NoMatchError | None = None
    for reference in references:
        try:
            found = detect(image.rgb, reference.rgb, most, str(reference.path))
        except NoMatchError as error:
            refused = refused or error
            continue
        if best is None or found.matches > best[1].matches:
            best = reference, found
    if best is None:
        assert refused is not None
        raise refused
    return best


def nothing_found(
    image: Picture, reference: Picture, found: Detection, threshold: float
) -> NothingFoundError:
    """What to say where no proposal reaches the threshold."""
    highest = max((proposal.score for proposal in found.proposals), default=0.0)
    return NothingFoundError(
        f"{image.path}: agrees with {reference.path.name} wherever both show the same: no mask is proposed "
        f"(highest score {highest:.2f}, threshold {threshold:g})",
        f"draw a mask and pass {setting('mask', 'FILE')} if a part is wrong all the same",
    )
