"""What a method changed where it should have changed nothing."""

import numpy as np

from artifix.evaluation.scores.repaired import Repaired
from artifix.evaluation.scores.scorer import Column


class OutsideScorer:
    """Background error: |result - image| over the samples (three a pixel) where the mask is False.

    Columns, both in steps of 255, 0 is best, nan where the mask covers the whole image:
        outside_max: the largest.
        outside_mean: the mean.
    """

    name = "outside"
    columns = (
        Column("outside_max", "steps of 255", "lower", 0),
        Column("outside_mean", "steps of 255", "lower", 3),
    )

    def score(self, one: Repaired) -> dict[str, float]:
        """Both columns of one case."""
        changes = np.abs(one.refined.astype(np.int16) - one.image)[~one.mask]
        if not changes.size:
            return {"outside_max": np.nan, "outside_mean": np.nan}
        return {"outside_max": float(changes.max()), "outside_mean": float(changes.mean())}
