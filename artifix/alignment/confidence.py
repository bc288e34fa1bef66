"""How probable it is that the region is right, by attention alone."""

import numpy as np

# Log-odds of what attention says: by the trust in its field, by the certainty of the surest view, and a bias.
# Fitted by benchmarks/confidence.py to views of photos whose place is known and to references of other
# objects; these are of the bundled weights, others carry their own.
Odds = tuple[float, float, float]
ATTENTION_ODDS: Odds = (8.25, 6.2, -8.85)


def confidence_in(trust: float, certainty: float, odds: Odds = ATTENTION_ODDS) -> float:
    """The probability that the region is right where no transform was found, in [0, 1].

    Args:
        trust: in the field of attention, in [0, 1]; 0 where it leads nowhere.
        certainty: of the surest view, in [0, 1].
        odds: log-odds of what attention says.
    """
    by_trust, by_certainty, bias = odds
    return float(1 / (1 + np.exp(-(by_trust * trust + by_certainty * certainty + bias))))
