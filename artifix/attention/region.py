"""From the correspondence map to the region, in the paper's steps: noise filter, clusters, the largest.

The paper gives no numbers for them. Local maxima with their basins, dropping narrow peaks and joining near
clusters were tried and found no more than a share of the peak does; where to cut the last map matters most.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from artifix.attention import tuning


@dataclass(frozen=True, slots=True, eq=False)
class Blob:
    """A connected part of the correspondence map."""

    region: NDArray[np.bool_]  # (H_ref, W_ref)
    mass: float  # share of the map's mass in it, in [0, 1]


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """The connected parts of a map without its noise."""

    labels: NDArray[np.int32]  # (H_ref, W_ref): 1 in the cluster with the most mass, 2 in the next, 0 in none
    masses: tuple[float, ...]  # share of the map's mass in each of them, in [0, 1]

    @property
    def region(self) -> NDArray[np.bool_]:
        """(H_ref, W_ref) True in the largest."""
        return self.labels == 1


def find_region(correspondence: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The region that the last map shows, by all steps: (H_ref, W_ref).

    Args:
        correspondence: (H_ref, W_ref), at least 0.
    """
    return cluster(correspondence, filter_noise(correspondence)).region


def blobs(correspondence: NDArray[np.float32]) -> list[Blob]:
    """Clusters of the map without its noise, the one with the most mass first; at least one.

    Args:
        correspondence: (H_ref, W_ref), at least 0.
    """
    found = cluster(correspondence, filter_noise(correspondence, tuning.ATTENTION.noise_share))
    return [Blob(found.labels == number, mass) for number, mass in enumerate(found.masses, 1)]


def filter_noise(correspondence: NDArray[np.float32], noise_share: float | None = None) -> NDArray[np.bool_]:
    """What of the map is no noise: (H_ref, W_ref), with a True pixel.

    Raw maps have noise at corners and borders, as ViT feature maps do (Darcet et al. 2024): a blob that
    touches the border and holds little mass is dropped if another remains.

    Args:
        correspondence: (H_ref, W_ref), at least 0.
        noise_share: of the peak; lower values are noise. None cuts by `best_share`.
    """
    share = best_share(correspondence) if noise_share is None else noise_share
    kept = correspondence >= share * correspondence.max()
    labels, masses = _labelled(correspondence, kept)
    sinks = [label for label in _at_border(labels) if masses[label - 1] < tuning.ATTENTION.edge_share]
    return kept & ~np.isin(labels, sinks) if 0 < len(sinks) < len(masses) else kept


def cluster(correspondence: NDArray[np.float32], kept: NDArray[np.bool_]) -> Clusters:
    """Number the connected parts of what the noise filter left of a map.

    Args:
        correspondence: (H_ref, W_ref), at least 0.
        kept: (H_ref, W_ref), True where it is no noise.
    """
    labels, masses = _labelled(correspondence, kept)
    order = np.argsort(-masses, kind="stable")
    numbers = np.zeros(len(masses) + 1, np.int32)
    numbers[order + 1] = np.arange(1, len(masses) + 1)
    return Clusters(numbers[labels], tuple(masses[order].tolist()))


def best_share(correspondence: NDArray[np.float32]) -> float:
    """The share of its peak at which a cut map is expected to overlap the true region best.

    The map above its floor is taken for the probability that a pixel shows what the mask hides. The overlap
    expected of a region is then its mass over its area and the mass outside it, and there is a best level
    without any number to choose: low for a map that falls gently, high for a steep one.

    Args:
        correspondence: (H_ref, W_ref), at least 0.
    """
    tuned = tuning.ATTENTION
    share = correspondence / max(float(correspondence.max()), 1e-12)
    chance = np.clip((share - tuned.floor_share) / (1 - tuned.floor_share), 0, 1)
    areas = np.bincount((chance * (tuned.levels - 1)).astype(np.uint8).ravel(), minlength=tuned.levels)[::-1]
    levels = np.arange(tuned.levels)[::-1] / (tuned.levels - 1)
    area, mass = areas.cumsum(), (areas * levels).cumsum()
    overlap = mass / np.maximum(area + mass[-1] - mass, 1)
    return tuned.floor_share + (1 - tuned.floor_share) * float(levels[overlap.argmax()])


def _labelled(
    correspondence: NDArray[np.float32], kept: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Labels of the connected parts, from 1, and the share of the map's mass in each."""
    labels, count = ndimage.label(kept)
    mass = np.bincount(labels.ravel(), correspondence.ravel(), count + 1)[1:]
    return labels, np.minimum(mass / max(float(correspondence.sum()), 1e-12), 1)


def _at_border(labels: NDArray[np.int32]) -> list[int]:
    edges = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return [int(label) for label in np.unique(edges) if label > 0]
