"""Polish a transform to sub-pixel on the context band."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.registration import tuning
from artifix.registration.context_band import ContextBand, grey_of, window_mean

FREEDOMS = {"translation": 2, "affine": 6, "homography": 8}


@dataclass(frozen=True, slots=True, eq=False)
class _Pixels:
    """The N pixels of a band; they are looked up once, not at every step."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    x: NDArray[np.float64]  # from the picture's centre, in halves of its longer side
    y: NDArray[np.float64]
    target: NDArray[np.float32]  # what is to be explained
    weight: NDArray[np.float32]


def _pixels_of(band: ContextBand, target: NDArray[np.float32]) -> _Pixels:
    rows, columns = np.nonzero(band.weight)
    (height, width), half = target.shape, max(target.shape) / 2
    return _Pixels(
        rows,
        columns,
        x=(columns - (width - 1) / 2) / half,
        y=(rows - (height - 1) / 2) / half,
        target=target[rows, columns],
        weight=band.weight[rows, columns],
    )


def polish(
    band: ContextBand,
    warped: NDArray[np.float32],
    matrix: NDArray[np.float64],
    model: str,
    error_px: float,
    window_px: float,
) -> NDArray[np.float64] | None:
    """Correct a transform so that the warped reference fits the band best.

    Gauss-Newton on locally normalised values, so that brightness and contrast do not matter, as in the
    enhanced correlation coefficient (Evangelidis & Psarakis 2008). Theirs is one coefficient for the whole
    picture: on a thin band it followed shadows and occluders and left the basin in most trials. Hence the
    local normalisation, robust weights (Cauchy's), and a Gaussian prior on the move.

    Args:
        band: of the image.
        warped: (h, w, 3) float32 RGB, the reference warped by `matrix` into the band's frame.
        matrix: (3, 3) image to reference.
        model: of the correction: "translation", "affine" or "homography".
        error_px: expected error of `matrix` at the band's edge, in working pixels; the prior on the move.
        window_px: deviation of the window of normalisation; wider catches larger errors.

    Returns:
        The corrected (3, 3) matrix, or None where the band determines none.
    """
    tuned = tuning.REGISTRATION
    support = (band.weight > 0).astype(np.float32)
    pixels = _pixels_of(band, normalised(band.picture, support, window_px))
    source = normalised(warped, np.ones_like(support), window_px)
    prior = np.pi * (tuned.polish_outlier * window_px * max(band.crop.size) / 2 / error_px) ** 2
    parameters = np.zeros(8)
    for _ in range(tuned.polish_iterations):
        step = _step(pixels, source, parameters, FREEDOMS[model], prior)
        if step is None:
            return None
        parameters[: len(step)] += step
        if np.abs(step).max() * max(band.crop.size) / 2 < tuned.polish_settled_px:
            break
    to_band = band.crop.matrix()
    better = matrix @ np.linalg.inv(to_band) @ _correction(parameters, band.crop.size) @ to_band
    return better / better[2, 2] if np.isfinite(better).all() else None


def normalised(
    picture: NDArray[np.float32], support: NDArray[np.float32], window_px: float
) -> NDArray[np.float32]:
    """(h, w) grey values less their local mean, over their local deviation; noise stays below 1/2."""
    grey = grey_of(picture)
    mean = window_mean(grey, support, window_px)
    variance = np.maximum(window_mean(grey * grey, support, window_px) - mean**2, 0)
    return ((grey - mean) / np.sqrt(variance + 4 * tuning.REGISTRATION.noise_deviation**2)).astype(np.float32)


def _frame(size: tuple[int, int]) -> NDArray[np.float64]:
    """3x3 map from the pixels of a picture of (height, width) to its longer side's [-1, 1]."""
    half = max(size) / 2
    return np.array(
        [[1 / half, 0, (1 - size[1]) / 2 / half], [0, 1 / half, (1 - size[0]) / 2 / half], [0, 0, 1]]
    )


def _correction(parameters: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """3x3 map from the band's frame to the frame of the warped reference."""
    right, down, xx, xy, yx, yy, px, py = parameters
    frame = _frame(size)
    return np.linalg.inv(frame) @ np.array([[1 + xx, xy, right], [yx, 1 + yy, down], [px, py, 1]]) @ frame


def _step(
    pixels: _Pixels, source: NDArray[np.float32], parameters: NDArray[np.float64], freedom: int, prior: float
) -> NDArray[np.float64] | None:
    """One Gauss-Newton step of the first `freedom` parameters."""
    height, width = source.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    correction = _correction(parameters, source.shape)
    moved = cv2.warpPerspective(
        source, correction, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    at, x, y, half = (pixels.rows, pixels.columns), pixels.x, pixels.y, max(source.shape) / 2
    right, down = (
        half * cv2.Sobel(moved, cv2.CV_32F, *order, ksize=3, scale=1 / 8)[at] for order in ((1, 0), (0, 1))
    )
    radial = right * x + down * y
    slopes = np.stack([right, down, right * x, right * y, down * x, down * y, -radial * x, -radial * y], 1)
    slopes = slopes[:, :freedom]
    residual = pixels.target - moved[at]
    weight = pixels.weight / (1 + (residual / tuning.REGISTRATION.polish_outlier) ** 2)
    normal = (slopes * weight[:, None]).T @ slopes + prior * np.eye(freedom)
    downhill = (slopes * weight[:, None]).T @ residual - prior * parameters[:freedom]
    step = np.linalg.solve(normal, downhill)
    return step if np.isfinite(step).all() else None
