"""The probability of an artifact, of each cell and of each proposal: small models, fitted to drawn artifacts.

`benchmarks/detect_fit.py` makes `disagreement.safetensors`, and docs/evaluation-detect.md says from what.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from artifix.detection.plane import Plane
from artifix.weights.checksums import read_unchanged

WEIGHTS = Path(__file__).with_name("disagreement.safetensors")
SHA256 = "57c584bc739e277da70e71d9a20ed693020475f8631d4fca396fee70ad715a1b"
_CUT = 5.0  # deviations that a feature is cut at


@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """Logistic regression over a hidden layer, for cells; plain logistic regression, for proposals.

    Attributes:
        mean: (F,) of the features, as `spread`.
        spread: (F,) their deviations.
        hidden: (K, F + 1) weights and bias of the hidden layer, whose units are SiLU.
        output: (K + 1,) weights and bias of the log-odds of a cell.
        proposal: (3, P + 1) mean, spread and weight of each trait of a proposal; the last is the bias.
    """

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    hidden: NDArray[np.float32]
    output: NDArray[np.float32]
    proposal: NDArray[np.float32]

    def cells(self, features: NDArray[np.float32]) -> Plane:
        """(rows, columns) log-odds of (F, rows, columns) features."""
        seen = (features.reshape(len(features), -1).T - self.mean) / self.spread
        inner = np.clip(seen, -_CUT, _CUT) @ self.hidden[:, :-1].T + self.hidden[:, -1]
        # SiLU, whose exponential must not overflow
        inner = inner / (1 + np.exp(-np.clip(inner, -60, 60)))
        odds = inner @ self.output[:-1] + self.output[-1]
        return np.asarray(odds.reshape(features.shape[1:]), np.float32)

    def traits(self, traits: NDArray[np.float64]) -> float:
        """Log-odds of a proposal of (P,) traits."""
        mean, spread, weight = self.proposal
        seen = np.clip((traits - mean[:-1]) / spread[:-1], -_CUT, _CUT)
        return float(seen @ weight[:-1] + weight[-1])


@functools.cache
def load_classifier() -> Classifier:
    """The classifier that comes with artifix.

    Raises:
        WeightsError: its file is missing, or was changed.
    """
    from safetensors.numpy import load

    return Classifier(**load(read_unchanged(WEIGHTS, SHA256, "install artifix again")))


def probability(odds: NDArray | float) -> NDArray[np.float64]:
    """Of log-odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -60, 60))), np.float64)
