"""How probable it is that the region is right, by attention alone."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from artifix.alignment import tuning

# Log-odds of what attention says: by the trust in its field, by the certainty of the surest view, and a bias.
# Fitted by benchmarks/confidence.py to views of photos whose place is known and to references of other
# objects; these are of the bundled weights, others carry their own, or say that theirs are not known.
LogitWeights = tuple[float, float, float]
ATTENTION_LOGIT_WEIGHTS: LogitWeights = (8.25, 6.2, -8.85)


class Told(NamedTuple):
    """What attention said of a place, and whether that was right."""

    trust: float
    certainty: float
    is_right: bool


def confidence_in(trust: float, certainty: float, weights: LogitWeights = ATTENTION_LOGIT_WEIGHTS) -> float:
    """The probability that the region is right where no transform was found, in [0, 1].

    Args:
        trust: in the field of attention, in [0, 1]; 0 where it leads nowhere.
        certainty: of the surest view, in [0, 1].
        weights: of what attention says.
    """
    by_trust, by_certainty, bias = weights
    return float(1 / (1 + np.exp(-(by_trust * trust + by_certainty * certainty + bias))))


def fit_logit_weights(places: Sequence[Told]) -> LogitWeights:
    """Logit weights of being right by trust, certainty and a bias, right and wrong places weighing the same.

    Where the field of attention leads nowhere there is no trust in it, and nothing to learn from.

    Args:
        places: right and wrong ones; in the reference of something else all are wrong.
    """
    told = [place for place in places if place.trust > 0]
    evidence = np.array([[place.trust, place.certainty, 1.0] for place in told])
    right = np.array([place.is_right for place in told])
    weight = np.where(right, 0.5 / max(right.sum(), 1), 0.5 / max((~right).sum(), 1))

    def loss(weights: NDArray[np.float64]) -> float:
        misses = np.logaddexp(0, np.where(right, -1, 1) * (evidence @ weights))
        return float(weight @ misses + tuning.ALIGNMENT.logit_ridge * (weights[:2] ** 2).sum())

    by_trust, by_certainty, bias = map(float, minimize(loss, np.zeros(3)).x)
    return by_trust, by_certainty, bias
