"""The smooth field that attention lies on: the network's own dense match of image and reference.

Single queries err; their neighbours outvote them. The reference is shown again as the first field bends it,
so that the last one is of pictures that look alike in scale, turn and slant.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from artifix.attention import tuning
from artifix.attention.correspondence import cell_centres, in_picture
from artifix.attention.probe import Prepared, Probe, cut_out
from artifix.geometry import Box
from artifix.network.match_field import follow
from artifix.scene import Matches, Scene


@dataclass(frozen=True, slots=True, eq=False)
class AttentionField:
    """Where in the reference the cells of one crop lie."""

    box: Box  # of the crop, in pixels of the image
    matches: Matches  # one for each cell, on the field; weighted by how far it is to be trusted
    trust: float  # their mean weight, in [0, 1]


@torch.inference_mode()
def attention_field(probe: Probe, scene: Scene, box: Box, reference_box: Box) -> AttentionField:
    """Follow the attention that the crop in `box` pays to a part of the reference that shows about the same.

    Arguments as for `cut_out`, of whose network the probe is.
    """
    cut = cut_out(probe.network, scene, [box], reference_box)

    prepared = probe.prepare(cut)

    def logits_of(prepared: Prepared) -> Tensor:
        return probe.attend(prepared).clamp_min(1e-9).log()

    field = follow(
        logits_of(prepared),
        cut.shown,
        probe.network.reference_size_px,
        lambda bent: logits_of(prepared.beside(bent)),
    )
    points, trust = (part[0].double().cpu().numpy() for part in (field.points, field.trust))
    grid = round(len(trust) ** 0.5)
    matches = Matches(
        in_picture(cell_centres(grid), cut.crops[0]),
        in_picture(points, cut.reference_crop),
        trust,
        "attention",
        tuning.ATTENTION.tolerance_cells * box.width / grid,
    )
    return AttentionField(box, matches, float(trust.mean()))
