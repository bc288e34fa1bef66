"""The alpha of an image that was repaired: opaque where an erased artifact was repainted."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.refinement import tuning


def opaque_where_repainted(alpha: NDArray | None, parts: Sequence[NDArray]) -> NDArray | None:
    """The alpha of an image, opaque where an erased artifact was repainted.

    A hole that lies mostly in the mask was erased; transparency that goes on outside of it is the outline of
    a cut-out, and stays.

    Args:
        alpha: (H, W) uint8 or uint16; None of an image that has none.
        parts: (H, W) each, in [0, 1]: share of each pixel that was repainted; where all are 0, alpha stays.

    Returns:
        (H, W) of the type of `alpha`; None for None.
    """
    if alpha is None:
        return None
    repainted = np.max(parts, axis=0).astype(np.float32)
    top = float(np.iinfo(alpha.dtype).max)
    clear = alpha < top
    if not np.any(clear & (repainted > 0)):
        return alpha
    count, labels = cv2.connectedComponents(clear.astype(np.uint8))
    missing = top - alpha.astype(np.float64)
    whole = np.bincount(labels.ravel(), missing.ravel(), count)
    inside = np.bincount(labels.ravel(), (missing * (repainted > 0)).ravel(), count)
    erased = (inside >= tuning.REFINEMENT.erased_share * whole)[labels] & clear
    raised = alpha + repainted * missing
    return np.where(erased, raised.round(), alpha).astype(alpha.dtype)


def transparency_note(alpha: NDArray | None, parts: Sequence[NDArray]) -> str:
    """What to say where what was repainted cannot be seen; empty where it can.

    Args:
        alpha: (H, W) of the repaired image; None of one that has none.
        parts: as of `opaque_where_repainted`.
    """
    if alpha is None:
        return ""
    repainted = np.max(parts, axis=0) >= tuning.REFINEMENT.erased_share
    clear = int((repainted & (alpha < np.iinfo(alpha.dtype).max / 2)).sum())
    if clear <= tuning.REFINEMENT.transparent_share * repainted.sum():
        return ""
    return f"{clear} px of what was repainted stay transparent, as the image is transparent beyond the mask"
