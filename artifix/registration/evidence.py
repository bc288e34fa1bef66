"""What speaks for a hypothesis, and the one logit by which all are ranked.

All that can be said of a hypothesis, whoever proposed it, is gathered into a few numbers; their weighted
sum is the log-odds that it is right, which both chooses among them and tells how sure that choice is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import box_of, resize
from artifix.matching.descriptors import CELLS, SUBCELLS, soft_features
from artifix.matching.pool import PROPOSING
from artifix.matching.sift import FEATURES
from artifix.registration import tuning
from artifix.registration.content import Content, Seen
from artifix.registration.hypothesis import Hypothesis
from artifix.registration.transform import Transform
from artifix.scene import Matches, Scene


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a transform.

    Attributes:
        band: agreement of the context band around the mask, pixel by pixel, in [0, 1]; see `context_band`.
        surroundings: likeness of descriptors around the mask, less what any two cells share, in [-1, 1].
        content: the same inside the mask, artifact included.
        strokes: correlation of soft features (strokes, colour, light) over all of the frame, in [-1, 1].
        classical: doublings of SIFT matches around the mask that it explains.
        learned: doublings of learned matches there, of those that the weights were fitted to.
        attention: share of the field of attention that it explains, in [0, 1].
        stretch: square of the log of how much more it enlarges one direction than another.
    """

    band: float
    surroundings: float
    content: float
    strokes: float
    classical: float
    learned: float
    attention: float
    stretch: float


NAMES = tuple(f.name for f in fields(Evidence))
# Log-odds by the numbers of `Evidence`, and a bias, fitted by benchmarks/evidence.py to real pairs of
# photos whose place is known and to references of other things: with learned descriptors, and without any.
LEARNED: Mapping[str, float] = {
    "band": 0.0, "surroundings": 7.32, "content": 6.1, "strokes": 3.2, "classical": 0.15, "learned": 0.31,
    "attention": 1.54, "stretch": -3.21, "bias": -7.32,
}  # fmt: skip
PLAIN: Mapping[str, float] = {
    "band": 0.2, "surroundings": 7.37, "content": 8.84, "strokes": 2.82, "classical": 0.24, "learned": 0.0,
    "attention": 2.2, "stretch": -4.16, "bias": -4.25,
}  # fmt: skip


def logit_of(evidence: Evidence, weights: Mapping[str, float]) -> float:
    """Log-odds that the transform is right."""
    return float(np.dot(astuple(evidence), [weights[name] for name in NAMES]) + weights["bias"])


def gather(
    hypothesis: Hypothesis,
    content: Content,
    seen: Seen,
    scene: Scene,
    pool: Sequence[Matches],
    field: Matches,
) -> Evidence:
    """All that speaks for a hypothesis.

    Args:
        hypothesis: of which place.
        content: of the image.
        seen: the reference by its transform, in the content's frame.
        scene: image and reference.
        pool: matches of all kinds, of what surrounds the mask.
        field: of attention, weighted by how far it is to be trusted.
    """
    transform = hypothesis.transform
    around, inside = _alike(content, seen)
    counts = [(m.source, _doublings(transform, m, scene)) for m in pool]
    classical = [count for source, count in counts if source == FEATURES]
    learned = [count for source, count in counts if source not in (FEATURES, field.source, *PROPOSING)]
    return Evidence(
        band=max(hypothesis.band.agreement, 0.0),
        surroundings=around,
        content=inside,
        strokes=_strokes(content, seen),
        classical=max(classical, default=0.0),
        learned=max(learned, default=0.0),
        attention=_explained_share(transform, field),
        stretch=_log_stretch(transform, scene) ** 2,
    )


def _alike(content: Content, seen: Seen) -> tuple[float, float]:
    """Likeness of centred descriptors around the mask and inside; cells count by the structure they hold."""
    tuned = tuning.REGISTRATION
    shown = content.shown * seen.valid
    weight = (tuned.content_surroundings + content.mask) * shown
    pair = (_centred(part, weight) for part in (content.descriptors, seen.descriptors))
    alike = cv2.blur(np.multiply(*pair).sum(-1), (3, 3))
    structure = np.maximum(_structure(content.picture), _structure(seen.picture))
    said = structure / (structure + tuned.evidence_salient_deviation) * shown
    return _mean(alike, (1 - content.mask) * said), _mean(alike, content.mask * said)


def _centred(descriptors: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    mean = (descriptors * weight[..., None]).sum((0, 1)) / max(float(weight.sum()), 1e-6)
    centred = descriptors - mean
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=-1, keepdims=True), 1e-6), np.float32)


def _structure(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(CELLS, CELLS) deviation of grey levels around each cell."""
    tuned = tuning.REGISTRATION
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mean, square = (
        cv2.GaussianBlur(plane, (0, 0), tuned.evidence_window_px) for plane in (grey, grey * grey)
    )
    deviation = np.sqrt(np.maximum(square - mean * mean - tuned.evidence_rounding, 0))
    return np.asarray(cv2.resize(deviation, (CELLS, CELLS), interpolation=cv2.INTER_AREA), np.float32)


def _mean(values: NDArray, weight: NDArray) -> float:
    """Weighted mean; near 0 where hardly any cell has a say."""
    return float((values * weight).sum() / max(float(weight.sum()), 1.0))


def _strokes(content: Content, seen: Seen) -> float:
    """Correlation of soft features; a fair share of flat parts and noise pulls it to 0."""
    tuned = tuning.REGISTRATION
    side = CELLS * SUBCELLS * 3 // 2
    a, b = (soft_features(resize(picture, (side, side))) for picture in (content.picture, seen.picture))
    weight = cv2.resize(
        (tuned.content_surroundings + content.mask) * content.shown * seen.valid, (side, side)
    )[..., None]
    mass = max(float(weight.sum()), 1e-6)
    a, b = (part - (part * weight).sum((0, 1)) / mass for part in (a, b))
    spread = [float((part * part * weight).sum()) + tuned.evidence_strokes_noise * mass for part in (a, b)]
    return float((a * b * weight).sum() / np.sqrt(spread[0] * spread[1]))


def _doublings(transform: Transform, matches: Matches, scene: Scene) -> float:
    """log2(1 + n) of the n matches near the mask that the transform explains."""
    tuned = tuning.REGISTRATION
    box = box_of(scene.mask)
    reach = tuned.evidence_reach * float(np.hypot(box.width, box.height))
    near = matches.take(np.linalg.norm(matches.image - np.array(box.centre), axis=1) < reach)
    return float(np.log2(1 + transform.explains(near, tuned.evidence_slack).sum())) if len(near) else 0.0


def _explained_share(transform: Transform, field: Matches) -> float:
    explained = transform.explains(field, tuning.REGISTRATION.evidence_slack)
    return float(field.weights[explained].sum() / max(float(field.weights.sum()), 1e-6))


def _log_stretch(transform: Transform, scene: Scene) -> float:
    """Log of the ratio of the largest to the least enlargement, at the mask's centre; displacements aside."""
    centre = np.array([box_of(scene.mask).centre])
    steps = np.array([[0.5, 0.0], [0.0, 0.5]])
    jacobian = np.column_stack(
        [(transform.flat.points(centre + s) - transform.flat.points(centre - s))[0] for s in steps]
    )
    largest, least = np.linalg.svd(jacobian, compute_uv=False)
    return float(np.log(largest / max(least, 1e-12)))
