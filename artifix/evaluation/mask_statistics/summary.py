"""What the masks of a set are like, all of them together."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifix.evaluation.mask_statistics.measuring import BadMask, MeasuredMask
from artifix.evaluation.mask_statistics.shape import Shape

SMALL_SHARE = 0.04  # of the image: most artifacts are smaller (Song et al. 2025, statistics of masks)
SHARE_STEP, MOST_SHARE = 0.01, 0.2  # of the histogram's bins; what is larger is in a last one of its own
RATIO_STEP = 0.1  # of the bins of figures in [0, 1]
MOST_PARTS = 6  # that have a bar of their own
_QUANTILES = {"least": 0.0, "lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75, "most": 1.0}
_MOST_SIZES = 20  # told; a set of crops has one for every mask
_ROUNDING = 1e-9  # 0.29 / 0.01 is 28.999...


@dataclass(frozen=True, slots=True)
class Bar:
    """One bin of a histogram."""

    label: str
    count: int
    share: float  # of all that are counted, in [0, 1]
    is_named: bool = False  # it belongs to the part that the histogram is about


@dataclass(frozen=True, slots=True)
class Summary:
    """Of all masks that mark something, but where it says otherwise."""

    masks: int  # empty ones too
    empty: int
    bad: int  # that could not be used
    shapes: Sequence[Shape]

    @property
    def marking(self) -> int:
        """Masks that mark something."""
        return len(self.shapes)

    @property
    def small(self) -> int:
        """Masks of less than `SMALL_SHARE` of their image."""
        return sum(shape.share < SMALL_SHARE for shape in self.shapes)

    @property
    def small_share(self) -> float:
        """Of the masks that mark something, in [0, 1]; 0 where none does."""
        return self.small / self.marking if self.shapes else 0.0

    def values(self, of: Callable[[Shape], float]) -> NDArray[np.float64]:
        """(N,) one figure of every mask that marks something."""
        return np.array([of(shape) for shape in self.shapes], np.float64)


def summary_of(measured: Sequence[MeasuredMask], bad: Sequence[BadMask]) -> Summary:
    """The summary of masks that were measured, and of those that could not be."""
    shapes = [one.shape for one in measured if not one.shape.is_empty]
    return Summary(len(measured), len(measured) - len(shapes), len(bad), shapes)


def share_bars(summary: Summary) -> list[Bar]:
    """The masks by their share of the image, in bins of one percent, the last of 20 % and more."""
    edges = round(MOST_SHARE / SHARE_STEP)
    shares = summary.values(lambda shape: shape.share)
    bins = np.minimum((shares / SHARE_STEP + _ROUNDING).astype(int), edges)
    counts = np.bincount(bins, minlength=edges + 1)
    small = round(SMALL_SHARE / SHARE_STEP)
    labels = [f"{100 * i * SHARE_STEP:.0f}-{100 * (i + 1) * SHARE_STEP:.0f} %" for i in range(edges)]
    return _bars([*labels, f"{100 * MOST_SHARE:.0f} % +"], counts, range(small))


def ratio_bars(values: NDArray[np.float64]) -> list[Bar]:
    """(N,) figures in [0, 1] in ten bins; 1 is in the last."""
    count = round(1 / RATIO_STEP)
    bins = np.minimum((values / RATIO_STEP + _ROUNDING).astype(int), count - 1)
    labels = [f"{i * RATIO_STEP:.1f}-{(i + 1) * RATIO_STEP:.1f}" for i in range(count)]
    return _bars(labels, np.bincount(bins, minlength=count))


def part_bars(summary: Summary) -> list[Bar]:
    """The masks by the number of their parts: one to six, and more."""
    parts = np.minimum(summary.values(lambda shape: shape.parts).astype(int), MOST_PARTS + 1)
    counts = np.bincount(parts, minlength=MOST_PARTS + 2)[1:]
    return _bars([*map(str, range(1, MOST_PARTS + 1)), f"{MOST_PARTS + 1} +"], counts)


def told(summary: Summary) -> dict[str, Any]:
    """What record.json says of the set, JSON-ready; figures of masks that mark nothing are left out."""
    shapes = summary.shapes
    sizes = Counter(f"{shape.width}x{shape.height}" for shape in shapes)
    figures = {
        "share": summary.values(lambda shape: shape.share),
        "area_px": summary.values(lambda shape: shape.area_px),
        "box_share": summary.values(lambda shape: shape.box_share),
        "parts": summary.values(lambda shape: shape.parts),
        "holes": summary.values(lambda shape: shape.holes),
        "compactness": summary.values(lambda shape: shape.compactness),
        "solidity": summary.values(lambda shape: shape.solidity),
    }
    return {
        "masks": summary.masks,
        "empty": summary.empty,
        "bad": summary.bad,
        "small": {"below": SMALL_SHARE, "masks": summary.small, "share": round(summary.small_share, 6)},
        "at_border": sum(shape.reaches_border for shape in shapes),
        "in_one_part": sum(shape.parts == 1 for shape in shapes),
        "sizes": dict(sizes.most_common(_MOST_SIZES)),
        "different_sizes": len(sizes),
        "figures": {name: _spread(values) for name, values in figures.items() if len(values)},
        "histogram": [{"share": bar.label, "masks": bar.count} for bar in share_bars(summary)],
    }


def _spread(values: NDArray[np.float64]) -> dict[str, float]:
    spread = {name: float(np.quantile(values, at)) for name, at in _QUANTILES.items()}
    return {name: round(value, 6) for name, value in {**spread, "mean": float(values.mean())}.items()}


def _bars(labels: Sequence[str], counts: NDArray[np.int64], named: Sequence[int] = ()) -> list[Bar]:
    total = max(int(counts.sum()), 1)
    pairs = enumerate(zip(labels, counts.tolist(), strict=True))
    return [Bar(label, count, count / total, number in named) for number, (label, count) in pairs]
