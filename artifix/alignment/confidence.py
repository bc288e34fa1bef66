"""How probable it is that the region is right."""

import numpy as np

from artifix.alignment.matching import FEATURES
from artifix.alignment.transform import Transform

# Log-odds of what attention says: by the trust in its field, by the certainty of the surest view, and a bias.
# Fitted by benchmarks/confidence.py to views of photos whose place is known and to references of other
# objects; these are of the bundled weights, others carry their own.
Odds = tuple[float, float, float]
ATTENTION_ODDS: Odds = (8.25, 6.2, -8.85)
# What the ring says of exact matches: of its agreement, and of twice as many inliers. Nothing unrelated was
# proved by them, so these are set to be humble where there is little of both.
EXACT = {"agreement": 8.0, "doubling": 1.0, "bias": -4.0}
# ... and of attention's matches, which agree by chance now and then, up to .37.
COARSE = {"agreement": 20.0, "bias": -9.0}


def confidence_in(
    trust: float, certainty: float, transform: Transform | None, odds: Odds = ATTENTION_ODDS
) -> float:
    """The probability that the region is right, in [0, 1]: that attention or the ring is right.

    Args:
        trust: in the field of attention, in [0, 1]; 0 where it leads nowhere.
        certainty: of the surest view, in [0, 1].
        transform: counts if it is proved.
        odds: log-odds of what attention says.
    """
    by_trust, by_certainty, bias = odds
    seen = _probability(by_trust * trust + by_certainty * certainty + bias)
    if transform is None or not transform.is_proved:
        return seen
    return 1 - (1 - seen) * (1 - _probability(_proof(transform)))


def _proof(transform: Transform) -> float:
    if transform.source != FEATURES:
        return COARSE["agreement"] * transform.agreement + COARSE["bias"]
    doublings = float(np.log2(max(transform.inliers, 1)))
    return EXACT["agreement"] * transform.agreement + EXACT["doubling"] * doublings + EXACT["bias"]


def _probability(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))
