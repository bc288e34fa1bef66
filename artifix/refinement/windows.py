"""Spectra of small windows of a picture, in which grain is told from texture."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from artifix.refinement import tuning


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Windows of a picture on the scale of [0, 255]."""

    spectra: NDArray[np.float32]  # (n, rings, 3, 3): variances and covariances of the channels, per ring
    light: NDArray[np.float32]  # (n,) mean grey level

    @property
    def power(self) -> NDArray[np.float32]:
        """(n,) mean variance of the channels."""
        return np.trace(self.spectra, axis1=2, axis2=3).mean(1) / 3


def windows_of(
    picture: NDArray, where: NDArray[np.bool_], light: tuple[float, float] = (0.0, 255.0)
) -> Windows:
    """Windows of (H, W, 3) `picture` that lie in `where`, are not saturated and as light as `light` says."""
    tuned = tuning.REFINEMENT
    cut, edge = _cut(picture, *_corners(where)), tuned.grain_saturated
    beyond = ((cut < edge) | (cut > 255 - edge)).mean((1, 2, 3))
    mean = cut.mean((1, 2, 3))
    kept = (beyond <= tuned.grain_saturated_share) & (mean >= light[0]) & (mean <= light[1])
    return Windows(_spectra(cut[kept]), mean[kept])


def _cut(picture: NDArray, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float32]:
    """(n, 3, side, side) windows of (H, W, 3) `picture` by their upper left corners."""
    side = tuning.REFINEMENT.grain_window_px
    cut = np.empty((len(rows), 3, side, side), np.float32)
    for i, (y, x) in enumerate(zip(rows, columns, strict=True)):
        cut[i] = picture[y : y + side, x : x + side].transpose(2, 0, 1)
    return cut


def _corners(where: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the upper left corners of windows that lie in `where`, on a grid."""
    tuned = tuning.REFINEMENT
    side = tuned.grain_window_px
    if min(where.shape) < side:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    summed = cv2.integral(where.astype(np.uint8))
    count = summed[side:, side:] + summed[:-side, :-side]
    whole = count - summed[side:, :-side] - summed[:-side, side:] == side**2
    step = tuned.grain_step_px + int(np.sqrt(whole.sum() / tuned.grain_most_windows)) // 2 * 2
    rows, columns = np.nonzero(whole[::step, ::step])
    return rows * step, columns * step


def _spectra(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, rings, 3, 3) of (n, 3, side, side): cross-spectra of the channels."""
    waves = _waves(windows)
    radius, clear = frequencies()
    rings = [clear & (radius >= a) & (radius < b) for a, b in pairwise(tuning.REFINEMENT.grain_rings)]
    spectra = []
    for ring in rings:
        part = waves[..., ring]
        spectra.append((part @ part.conj().swapaxes(1, 2)).real / ring.sum())
    return np.stack(spectra, 1).astype(np.float32)


def _waves(windows: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Fourier transform of windows (..., side, side) less their planes; its mean power is theirs."""
    side = windows.shape[-1]
    edge = np.hanning(side + 2)[1:-1]
    taper = (np.outer(edge, edge) / (edge**2).mean()).astype(np.float32)
    return fft.fft2(_without_planes(windows) * taper) / side


def _without_planes(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The windows less the plane that fits each best: light rises across them."""
    side = windows.shape[-1]
    slope = np.arange(side, dtype=np.float32) - (side - 1) / 2
    unit = slope / float((slope**2).sum() * side)
    across, down = windows.sum(-2) @ unit, windows.sum(-1) @ unit
    plane = across[..., None, None] * slope + down[..., None, None] * slope[:, None]
    return windows - windows.mean((-2, -1), keepdims=True) - plane


def frequencies() -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(side, side) frequency of a window's waves [cycles per side], and where it is clear of the axes."""
    side = tuning.REFINEMENT.grain_window_px
    along = np.abs(np.fft.fftfreq(side) * side)
    clear = (along[:, None] > 1) & (along > 1)
    return np.hypot(along[:, None], along), clear


def likeness(image: NDArray, patch: NDArray, where: NDArray[np.bool_]) -> float:
    """Median correlation of two (h, w, 3) pictures in those windows where the first is most even.

    1 where there are too few windows to tell.
    """
    tuned = tuning.REFINEMENT
    rows, columns = _corners(where)
    if len(rows) < tuned.grain_least_windows:
        return 1.0
    radius, clear = frequencies()
    # The lower rings, where texture is stronger than noise.
    ring = clear & (radius >= tuned.grain_rings[0] - 0.5) & (radius < tuned.grain_rings[3])
    a, b = (_waves(_cut(picture, rows, columns).mean(1))[:, ring] for picture in (image, patch))
    power = (np.abs(a) ** 2).sum(1)
    alike = (a * b.conj()).real.sum(1) / np.sqrt(power * (np.abs(b) ** 2).sum(1) + 1e-9)
    return float(np.median(alike[power <= np.quantile(power, tuned.grain_likeness_even)]))
