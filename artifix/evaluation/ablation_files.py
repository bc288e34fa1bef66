"""The files of an ablation, encoded, and what its record says."""

from collections.abc import Mapping, Sequence
from typing import Any

from artifix import __version__
from artifix.config import RefineConfig
from artifix.evaluation.ablation import CaseGrid, Cell, Gamma
from artifix.evaluation.cases import KnownCase
from artifix.evaluation.survey import Survey
from artifix.outputs.encode import encodable, encode_csv, encode_json, encode_npy, encode_png
from artifix.outputs.maps import Panel, Strip, map_sheet
from artifix.outputs.plots import GridChart, curve_chart, grid_chart
from artifix.outputs.save import RECORD
from artifix.repair.loading import Loaded

_COLUMNS = ("reading", "timestep", "layer", "index", "miou", "box_miou", "cases")
MAPS = "maps.png"
FILES = frozenset({"gamma.csv", "gamma.npy", "gamma_box.npy", "gamma.png", "curves.png", MAPS, RECORD})


def ablation_files(
    gamma: Gamma, shown: Sequence[tuple[KnownCase, CaseGrid]], record: Mapping[str, Any]
) -> dict[str, bytes]:
    """The files of one ablation by name.

    gamma.npy and gamma_box.npy are float32 (readings, timesteps, layers), in the order of gamma.csv.

    Args:
        gamma: the grid.
        shown: cases whose maps are drawn, with their own grids; without any there is no maps.png.
        record: written as record.json.
    """
    axes = gamma.axes
    chart = GridChart(
        axes.readings, axes.timesteps, axes.layers, gamma.miou, gamma.box_miou, gamma.best, gamma.cases
    )
    files = {
        "gamma.csv": encode_csv(_COLUMNS, _rows(gamma)),
        "gamma.npy": encode_npy(gamma.miou),
        "gamma_box.npy": encode_npy(gamma.box_miou),
        "gamma.png": grid_chart(chart),
        "curves.png": curve_chart(chart),
        RECORD: encode_json(record),
    }
    if shown:
        strips = [strip for known, grid in shown for strip in _strips(gamma, known, grid)]
        files[MAPS] = encode_png(map_sheet(strips))
    return files


def ablation_record(
    gamma: Gamma, grids: Sequence[CaseGrid], survey: Survey, config: RefineConfig, loaded: Loaded
) -> dict[str, Any]:
    """What record.json says of an ablation, but for the time it took; JSON-ready.

    Args:
        gamma: the grid.
        grids: of each case.
        survey: what was measured.
        config: what with.
        loaded: the network.
    """
    pipeline, best = loaded.pipeline, gamma.best
    calibrated = pipeline.config
    return {
        "artifix": __version__,
        "command": "ablate",
        "weights": {"name": pipeline.weights_name, "sha256": pipeline.weights_sha256},
        "device": loaded.device,
        "dtype": loaded.dtype,
        "seed": config.seed,
        "settings": {
            "contexts": config.alignment.contexts,
            "every": survey.wanted.every,
            "layers": gamma.axes.layers,
            "readings": gamma.axes.readings,
            "timesteps": gamma.axes.timesteps,
        },
        "calibration": {"layer": calibrated.alignment_layer, "timestep": calibrated.alignment_timestep},
        "chosen": described(gamma, best),
        "cases": [
            {
                "name": encodable(grid.name),
                "miou": round(float(grid.miou[best]), 6),
                "box_miou": round(float(grid.box_miou[best]), 6),
            }
            for grid in grids
        ],
    }


def described(gamma: Gamma, cell: Cell) -> dict[str, Any]:
    """What the record says of one cell, JSON-ready."""
    return {
        "reading": gamma.axes.readings[cell.reading],
        "timestep": gamma.axes.timesteps[cell.timestep],
        "layer": gamma.axes.layers[cell.layer],
        "index": cell.layer,
        "miou": round(float(gamma.miou[cell]), 6),
        "box_miou": round(float(gamma.box_miou[cell]), 6),
    }


def _cells(gamma: Gamma) -> list[Cell]:
    readings, timesteps, layers = map(range, gamma.miou.shape)
    return [Cell(r, t, layer) for r in readings for t in timesteps for layer in layers]


def _rows(gamma: Gamma) -> list[list[object]]:
    cells = [described(gamma, cell) | {"cases": gamma.cases} for cell in _cells(gamma)]
    return [[cell[name] for name in _COLUMNS] for cell in cells]


def _strips(gamma: Gamma, known: KnownCase, grid: CaseGrid) -> list[Strip]:
    """The maps of one case over layers, and over timesteps, both through the best cell."""
    axes, best = gamma.axes, gamma.best
    layers = [best._replace(layer=i) for i in range(len(axes.layers))]
    timesteps = [best._replace(timestep=i) for i in range(len(axes.timesteps))]
    reading, layer = axes.readings[best.reading], axes.layers[best.layer]
    return [
        _strip(
            f"{known.name}: layers at timestep {axes.timesteps[best.timestep]}, {reading} reading",
            [(f"{cell.layer} {_short(axes.layers[cell.layer])}", cell) for cell in layers],
            known,
            grid,
            best,
        ),
        _strip(
            f"timesteps at layer {best.layer}, {layer}",
            [(f"t {axes.timesteps[cell.timestep]}", cell) for cell in timesteps],
            known,
            grid,
            best,
        ),
    ]


def _strip(
    title: str, cells: Sequence[tuple[str, Cell]], known: KnownCase, grid: CaseGrid, best: Cell
) -> Strip:
    reference, region = known.case.reference.rgb, known.region
    assert region is not None
    panels = [
        Panel(f"{name}  {grid.miou[cell]:.2f}", grid.correspondence(cell, region.shape), cell == best)
        for name, cell in cells
    ]
    return Strip(title, reference, region, panels)


def _short(layer: str) -> str:
    """up_blocks.1.attentions.0 as up1.0, for narrow places."""
    return layer.replace("_blocks.", "").replace("_block", "").replace(".attentions", "")
