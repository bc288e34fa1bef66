"""A membrane: values that are known here and there, smoothed and continued everywhere (Pérez et al. 2003)."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import spsolve

from artifix.refinement import tuning


def membrane(
    values: NDArray[np.float32], weight: NDArray[np.float32], stiffness: float
) -> NDArray[np.float32]:
    """A smooth surface through weighted values, solved on a coarse grid.

    Args:
        values: (h, w, 3).
        weight: (h, w) in [0, 1]; where it is 0 the membrane alone answers.
        stiffness: of the membrane, over a weight of 1.

    Returns:
        (h, w, 3).
    """
    height, width = weight.shape
    scale = tuning.REFINEMENT.membrane_side_px / max(height, width)
    least = tuning.REFINEMENT.membrane_least_side_px
    size = max(least, round(width * scale)), max(least, round(height * scale))
    mass = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    total = cv2.resize(values * weight[..., None], size, interpolation=cv2.INTER_AREA)
    index = np.arange(mass.size).reshape(mass.shape)
    pairs = np.concatenate(
        [
            np.stack([index[:, :-1].ravel(), index[:, 1:].ravel()]),
            np.stack([index[:-1].ravel(), index[1:].ravel()]),
        ],
        axis=1,
    )
    ones = np.full(pairs.shape[1], stiffness)
    links = sparse.coo_matrix((ones, pairs), shape=(mass.size,) * 2)
    links = links + links.T
    laplacian = sparse.diags(np.asarray(links.sum(1)).ravel()) - links
    system = (laplacian + sparse.diags(mass.ravel() + 1e-6)).tocsc()
    solved = spsolve(system, total.reshape(-1, 3)).reshape(*mass.shape, 3).astype(np.float32)
    return np.asarray(cv2.resize(solved, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
