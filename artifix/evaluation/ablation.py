"""The ablation of Algorithm 1: Gamma, the mIoU of M* with the true region for every layer and timestep."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from artifix.attention.sweep import over_reference, read_chain, read_single, start_sweep
from artifix.errors import UsageError
from artifix.evaluation import metrics
from artifix.evaluation.cases import KnownCase
from artifix.evaluation.config import AblationConfig
from artifix.inputs.parts import parts_of
from artifix.network.assembly import Network
from artifix.network.attention import cross_attention_layers
from artifix.scene import Scene
from artifix.setting_names import setting

READINGS = {"single": read_single, "chain": read_chain}


class Cell(NamedTuple):
    """A place in the grid, by index."""

    reading: int
    timestep: int
    layer: int


@dataclass(frozen=True, slots=True)
class Axes:
    """What the grid is over."""

    readings: tuple[str, ...]  # of `READINGS`
    timesteps: tuple[int, ...]  # of the training schedule, rising
    layers: tuple[str, ...]  # module paths in execution order


@dataclass(frozen=True, slots=True, eq=False)
class CaseGrid:
    """Gamma of one case."""

    name: str
    miou: NDArray[np.float32]  # (readings, timesteps, layers) with the true region, in [0, 1]
    box_miou: NDArray[np.float32]  # the same with the box around it
    tokens: NDArray[np.float32]  # (mask groups, readings, timesteps, layers, tokens, tokens), the maps M*

    def correspondence(self, cell: Cell, reference_shape: Sequence[int]) -> NDArray[np.float32]:
        """M* of one cell over the reference, (H_ref, W_ref) in [0, 1]; of several groups the maximum."""
        return np.maximum.reduce([over_reference(maps[cell], reference_shape) for maps in self.tokens])


@dataclass(frozen=True, slots=True, eq=False)
class Gamma:
    """The grid of Algorithm 1, the mean over cases."""

    axes: Axes
    miou: NDArray[np.float32]  # (readings, timesteps, layers) with the true regions, in [0, 1]
    box_miou: NDArray[np.float32]  # the same with the boxes around them
    cases: int

    @property
    def best(self) -> Cell:
        """The cell of highest mIoU in the first reading; of equals the one of least noise, then first."""
        timestep, layer = np.unravel_index(self.miou[0].argmax(), self.miou[0].shape)
        return Cell(0, int(timestep), int(layer))


def axes_of(network: Network, config: AblationConfig) -> Axes:
    """The grid that `config` asks for.

    Raises:
        UsageError: noise levels that the schedule does not have.
    """
    readings = tuple(READINGS) if config.reading == "both" else (config.reading,)
    last = network.scheduler.config.num_train_timesteps - 1
    if not config.at and config.timesteps > last + 1:
        raise UsageError(
            f"{setting('timesteps')} {config.timesteps}: the schedule has {last + 1}", "ask for fewer"
        )
    for timestep in config.at:
        if timestep > last:
            raise UsageError(f"{setting('at')} {timestep}: is outside the schedule", f"use 0 to {last}")
    timesteps = config.at or np.linspace(0, last, config.timesteps).round().astype(int).tolist()
    return Axes(readings, tuple(sorted(set(timesteps))), tuple(cross_attention_layers(network.unet)))


def measure(
    network: Network,
    known: KnownCase,
    axes: Axes,
    contexts: Sequence[float],
    seed: int,
) -> CaseGrid:
    """Gamma of one case: M* as the first look of stage 1 finds it, no post-processing.

    Args:
        network: its cross-attention is read.
        known: its region is known.
        axes: from `axes_of`.
        contexts: sides of the crops of the image, over the mask's longer side.
        seed: of the noise.
    """
    case = known.case
    scenes = [
        Scene(case.image.rgb, part, case.reference.rgb, case.mask) for part in parts_of(case.mask).groups
    ]
    sweeps = (start_sweep(network, scene, contexts, seed) for scene in scenes)
    maps = [[READINGS[name](sweep, axes.timesteps) for name in axes.readings] for sweep in sweeps]
    return _scored(known, np.array(maps))


def _scored(known: KnownCase, tokens: NDArray[np.float32]) -> CaseGrid:
    assert known.region is not None
    box, side = metrics.filled_box(known.region), tokens.shape[-1]
    shape = tokens.shape[1:4]
    grid = CaseGrid(known.name, np.zeros(shape, np.float32), np.zeros(shape, np.float32), tokens)
    for place in np.ndindex(*shape):
        found = grid.correspondence(Cell(*place), known.region.shape)
        grid.miou[place] = metrics.token_iou(found, known.region, side)
        grid.box_miou[place] = metrics.token_iou(found, box, side)
    return grid


def mean(axes: Axes, grids: Sequence[CaseGrid]) -> Gamma:
    """Gamma over all cases, of which there is at least one."""
    miou = np.stack([grid.miou for grid in grids]).mean(axis=0)
    box_miou = np.stack([grid.box_miou for grid in grids]).mean(axis=0)
    return Gamma(axes, miou, box_miou, len(grids))
