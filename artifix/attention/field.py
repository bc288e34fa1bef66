"""The smooth field that attention lies on: the network's own dense match of image and reference.

Single queries err; their neighbours outvote them. The reference is shown again as the first field bends it,
so that the last one is of pictures that look alike in scale, turn and slant.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from artifix.attention.correspondence import TOLERANCE_CELLS, cell_centres, in_picture
from artifix.attention.probe import Gaze, cut_out
from artifix.geometry import Box
from artifix.network.reading import follow
from artifix.registration.candidates import is_plausible
from artifix.registration.transform import Transform
from artifix.scene import Matches, Scene

LEAST_TRUST = 0.05  # of a cell, in a fit
VOTES = 6  # rounds of reweighting


@dataclass(frozen=True, slots=True, eq=False)
class AttentionField:
    """Where in the reference the cells of one crop lie."""

    box: Box  # of the crop, in pixels of the image
    matches: Matches  # one for each cell, on the field; weighted by how far it is to be trusted
    trust: float  # their mean weight, in [0, 1]

    def similarity(self) -> Transform | None:
        """The similarity that most of the field wants; None where it is no view of a surface.

        Points are taken as complex numbers, in which a similarity is z -> factor * z + shift, and what lies
        off it loses its say (Geman-McClure's function). Its agreement is 0: the ring was not asked.
        """
        image, reference = (
            points @ np.array([1, 1j]) for points in (self.matches.image, self.matches.reference)
        )
        trust = np.maximum(self.matches.weights, LEAST_TRUST) ** 2
        vote = trust
        for _ in range(VOTES):
            centre, target = (np.average(part, weights=vote) for part in (image, reference))
            moved = image - centre
            spread = np.average(np.abs(moved) ** 2, weights=vote)
            if spread == 0:  # a field of one cell
                return None
            factor = np.average(moved.conj() * (reference - target), weights=vote) / spread
            error = np.abs(reference - target - factor * moved)
            vote = trust / (1 + (error / max(1.5 * float(np.median(error)), 1e-6)) ** 2) ** 2
        shift = target - factor * centre
        matrix = np.array(
            [[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag], [0, 0, 1.0]]
        )
        if not is_plausible(matrix, self.box):
            return None
        kept = int((self.matches.weights > self.trust).sum())
        return Transform(matrix, 0.0, self.matches.source, "similarity", kept, self.matches.tolerance_px)


@torch.inference_mode()
def attention_field(gaze: Gaze, scene: Scene, box: Box, reference_box: Box) -> AttentionField:
    """Follow the attention that the crop in `box` pays to a part of the reference that shows about the same.

    Arguments as for `cut_out`, of whose network the gaze is.
    """
    cut = cut_out(gaze.network, scene, [box], reference_box)

    def logits_of(shown: Tensor) -> Tensor:
        return gaze.attend(replace(cut, shown=shown)).clamp_min(1e-9).log()

    field = follow(logits_of(cut.shown), cut.shown, gaze.network.reference_size_px, logits_of)
    points, trust = (part[0].double().cpu().numpy() for part in (field.points, field.trust))
    grid = round(len(trust) ** 0.5)
    matches = Matches(
        in_picture(cell_centres(grid), cut.crops[0]),
        in_picture(points, cut.reference_crop),
        trust,
        "attention",
        TOLERANCE_CELLS * box.width / grid,
    )
    return AttentionField(box, matches, float(trust.mean()))
