"""Charts of an ablation, drawn with matplotlib, which is imported only when one is drawn."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI = 110
_CELL_IN, _CELL_HIGH_IN = 0.62, 0.4  # of a cell of the heat map [inch]
_FRAME = "#00c8ff"  # of the chosen cell, as regions are outlined in the other pictures
_COLOURS = ("#c8401e", "#1e64c8")  # of the readings


@dataclass(frozen=True, slots=True, eq=False)
class GridChart:
    """Figures over layers and timesteps, and the cell chosen."""

    readings: Sequence[str]
    timesteps: Sequence[int]
    layers: Sequence[str]  # in execution order
    miou: NDArray[np.float32]  # (readings, timesteps, layers) in [0, 1]
    box_miou: NDArray[np.float32]  # the same with the boxes
    chosen: tuple[int, int, int]  # index into the figures
    cases: int

    @property
    def named_layers(self) -> list[str]:
        return [f"{index}  {layer}" for index, layer in enumerate(self.layers)]


def grid_chart(grid: GridChart) -> bytes:
    """A PNG: a heat map of layers by timesteps for each reading, the chosen cell framed."""
    import matplotlib.figure

    count, columns, rows = grid.miou.shape
    names_in = 0.085 * max(map(len, grid.named_layers))
    size = (names_in + count * (columns * _CELL_IN + 0.5) + 0.8, rows * _CELL_HIGH_IN + 1.5)
    figure = matplotlib.figure.Figure(figsize=size, layout="constrained")
    panels = figure.subplots(1, count, squeeze=False, sharey=True)[0]
    top = max(float(grid.miou.max()), 1e-6)
    for index, axes in enumerate(panels):
        shown = axes.imshow(grid.miou[index].T, cmap="inferno", vmin=0, vmax=top, aspect="auto")
        _write_values(axes, grid.miou[index].T, top)
        axes.set_title(f"{grid.readings[index]} reading", fontsize=10)
        axes.set_xlabel("timestep")
        axes.set_xticks(range(columns), labels=[str(t) for t in grid.timesteps])
        axes.set_yticks(range(rows), labels=grid.named_layers)
        axes.tick_params(length=0)
    reading, timestep, layer = grid.chosen
    _frame(panels[reading], timestep, layer)
    figure.colorbar(shown, ax=panels.tolist(), pad=0.02).ax.tick_params(labelsize=8)
    figure.suptitle(f"mIoU of M* with the true region, {_counted(grid.cases)}", fontsize=12)
    return png_of(figure)


def curve_chart(grid: GridChart) -> bytes:
    """A PNG: mIoU over layers, at the chosen timestep and on average; over timesteps, at the chosen layer."""
    import matplotlib.figure

    figure = matplotlib.figure.Figure(figsize=(12, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    _, timestep, layer = grid.chosen
    for index, reading in enumerate(grid.readings):
        colour = _COLOURS[index % len(_COLOURS)]
        mask, box = grid.miou[index], grid.box_miou[index]
        places = np.arange(len(grid.layers))
        _curve(left, places, mask[timestep], colour, "o-", f"{reading}, t = {grid.timesteps[timestep]}")
        _curve(left, places, box[timestep], colour, "o:", f"{reading}, the same with the box")
        _curve(left, places, mask.mean(0), colour, "s--", f"{reading}, mean over timesteps", alpha=0.45)
        _curve(right, grid.timesteps, mask[:, layer], colour, "o-", reading)
        _curve(right, grid.timesteps, box[:, layer], colour, "o:", f"{reading}, with the box")
    left.set_title("over layers", fontsize=10)
    left.set_xticks(range(len(grid.layers)), labels=grid.named_layers, rotation=35, ha="right", fontsize=8)
    left.set_ylabel("mIoU")
    right.set_title(f"over timesteps, {grid.layers[layer]}", fontsize=10)
    right.set_xlabel("timestep")
    for axes in (left, right):
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.25)
        axes.legend(fontsize=8)
    figure.suptitle(f"mIoU of M* with the true region, {_counted(grid.cases)}", fontsize=12)
    return png_of(figure)


def _curve(
    axes: "Axes", x: Any, y: NDArray[np.float32], colour: str, style: str, label: str, alpha: float = 1.0
) -> None:
    axes.plot(x, y, style, color=colour, label=label, alpha=alpha, markersize=4)


def _write_values(axes: "Axes", values: NDArray[np.float32], top: float) -> None:
    for (row, column), value in np.ndenumerate(values):
        ink = "black" if value > 0.6 * top else "white"
        axes.text(column, row, f"{value:.2f}".lstrip("0"), ha="center", va="center", color=ink, fontsize=9)


def _frame(axes: "Axes", column: int, row: int) -> None:
    from matplotlib.patches import Rectangle

    place = (column - 0.5, row - 0.5)
    axes.add_patch(Rectangle(place, 1, 1, fill=False, edgecolor=_FRAME, linewidth=3, clip_on=False, zorder=3))


def _counted(cases: int) -> str:
    return f"{cases} case{'s' * (cases != 1)}"


def png_of(figure: "Figure") -> bytes:
    """The figure as a PNG of 110 dpi."""
    data = io.BytesIO()
    # Without the library's own name and version, so that equal figures are equal bytes.
    figure.savefig(data, format="png", dpi=_DPI, metadata={"Software": None})
    return data.getvalue()
