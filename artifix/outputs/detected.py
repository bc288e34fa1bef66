"""The files of `artifix detect`: a map, masks, and a picture that shows them."""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import box_of
from artifix.outputs.drawing import MASK_COLOUR, REGION_COLOUR, outline, write
from artifix.outputs.encode import encode_json, encode_png
from artifix.outputs.save import RECORD


def detected_files(
    image: NDArray[np.uint8],
    probability: NDArray[np.float32],
    proposals: Sequence[tuple[NDArray[np.bool_], bool]],
    record: Mapping[str, Any],
) -> dict[str, bytes]:
    """By name: probability.png, mask-1.png and so on, detected.png, record.json; mask.png if one is marked.

    Args:
        image: (H, W, 3) RGB.
        probability: (H, W) in [0, 1]; 255 in the file is 1.
        proposals: their masks (H, W), ranked, and whether each is marked.
        record: JSON-ready.
    """
    files = {
        "probability.png": encode_png(np.round(np.clip(probability, 0, 1) * 255).astype(np.uint8)),
        "detected.png": encode_png(_shown(image, proposals)),
        RECORD: encode_json(record),
    }
    files |= {f"mask-{rank}.png": encode_png(mask) for rank, (mask, _) in enumerate(proposals, 1)}
    marked = [mask for mask, is_marked in proposals if is_marked]
    if marked:
        files["mask.png"] = encode_png(np.logical_or.reduce(marked))
    return files


def _shown(
    image: NDArray[np.uint8], proposals: Sequence[tuple[NDArray[np.bool_], bool]]
) -> NDArray[np.uint8]:
    """The image with numbered outlines: strong ones of what is marked, others of what is not."""
    thickness_px = max(1, round(min(image.shape[:2]) / 300))
    drawn = image
    for mask, is_marked in proposals:
        drawn = outline(drawn, mask, MASK_COLOUR if is_marked else REGION_COLOUR, thickness_px)
    drawn = np.ascontiguousarray(drawn).copy()
    size = max(0.4, min(image.shape[:2]) / 900)
    for rank, (mask, is_marked) in enumerate(proposals, 1):
        box = box_of(mask)
        start = min(box.right + 2, image.shape[1] - round(24 * size)), max(box.top, round(26 * size))
        cv2.putText(drawn, str(rank), start, cv2.FONT_HERSHEY_SIMPLEX, size, (20, 20, 20), 3, cv2.LINE_AA)
        write(drawn, str(rank), start, MASK_COLOUR if is_marked else REGION_COLOUR, size)
    return drawn
