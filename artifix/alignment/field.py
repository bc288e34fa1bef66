"""The smooth field that attention lies on: the network's own dense match of image and reference.

Single queries err; their neighbours outvote them. The reference is shown again as the first field bends it,
so that the last one is of pictures that look alike in scale, turn and slant.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from artifix.alignment.candidates import is_plausible
from artifix.alignment.correspondence import TOLERANCE_CELLS, cell_centres, in_picture
from artifix.alignment.gaze import Gaze
from artifix.alignment.matching import Matches
from artifix.alignment.transform import Transform
from artifix.geometry import Box, Crop
from artifix.network.reading import follow

LEAST_TRUST = 0.05  # of a cell, in a fit


@dataclass(frozen=True, slots=True, eq=False)
class AttentionField:
    """Where in the reference the cells of one crop lie."""

    box: Box  # of the crop, in pixels of the image
    matches: Matches  # one for each cell, on the field; weighted by how far it is to be trusted
    trust: float  # their mean weight, in [0, 1]

    def transform(self) -> Transform | None:
        """The affine map nearest to the field; None where it is no view of a surface.

        Its agreement is 0: the ring was not asked.
        """
        weight = np.maximum(self.matches.weights, LEAST_TRUST)[:, None]
        basis = np.column_stack([self.matches.image, np.ones(len(self.matches))])
        rows = np.linalg.lstsq(basis * weight, self.matches.reference * weight, rcond=None)[0].T
        matrix = np.vstack([rows, [0, 0, 1.0]])
        if not is_plausible(matrix, self.box):
            return None
        kept = int((self.matches.weights > self.trust).sum())
        return Transform(matrix, 0.0, self.matches.source, "affine", kept, self.matches.tolerance_px)


@torch.inference_mode()
def attention_field(
    gaze: Gaze,
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    reference: NDArray[np.uint8],
    box: Box,
    reference_box: Box,
) -> AttentionField:
    """Follow the attention that one crop of the image pays to one part of the reference.

    Args:
        gaze: reads the attention.
        image: (H, W, 3).
        mask: (H, W).
        reference: (H_ref, W_ref, 3).
        box: crop of the image, a square that may reach beyond it.
        reference_box: part of the reference that shows about the same, likewise.
    """
    network = gaze.network
    crop = Crop(box, (network.working_size_px,) * 2)
    reference_crop = Crop(reference_box, (network.reference_size_px,) * 2)
    pixels, holes = gaze.batch([crop.cut(image)]), gaze.batch([crop.cut(mask.astype(np.float32)) > 0.25])
    shown = gaze.batch([reference_crop.cut(reference)])

    def logits_of(references: Tensor) -> Tensor:
        return gaze.attend(pixels, holes, references).clamp_min(1e-9).log()

    field = follow(logits_of(shown), shown, network.reference_size_px, logits_of)
    points, trust = (part[0].double().cpu().numpy() for part in (field.points, field.trust))
    grid = round(len(trust) ** 0.5)
    matches = Matches(
        in_picture(cell_centres(grid), crop),
        in_picture(points, reference_crop),
        trust,
        "attention",
        TOLERANCE_CELLS * box.width / grid,
    )
    return AttentionField(box, matches, float(trust.mean()))
