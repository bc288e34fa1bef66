"""Measure the grain of the image around the mask, and add to a patch what it lacks of it."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from artifix.geometry import Box

SIDE_PX = 16  # of the windows whose spectra are taken
MOST_WINDOWS = 1000  # of a part; in larger ones they lie further apart
LEAST_WINDOWS = 8  # fewer say nothing
RINGS = (4.0, 5.2, 6.5, 8.0, 9.5, 11.4)  # limits of the rings of a spectrum [cycles per window]
REACH_PX = 1024  # around the patch, the image is searched for its floor of noise
BAND_PX = 3, 48  # from the mask: nearer, the artifact may bleed
SATURATED = 2.5  # grey levels from black and white, where noise is cut off
SATURATED_SHARE = 0.02  # of a window, at most
LIKE = 40.0  # grey levels that the light of windows elsewhere may differ from those around the mask
# Powers of windows of one noise are spread log-normally, the less the whiter it is: what their 20th
# percentile is over their 2nd, squared, their 90th is over their 10th, and cubed, nearly all over the 2nd.
SPREAD, MOST_SPREAD = (0.02, 0.2), 3.0  # of texture it is greater
FLOOR, MOST_EVEN = 0.1, 4.0
OWN_SPREAD = 1.4  # of a patch, in which texture is not told from noise: it hides grain as well
TEXTURED = 0.5  # image and reference correlate so much in their most even windows where texture is everywhere
LEAST_GREY = 1.0  # with a floor of noise below this deviation, an image is clean [grey levels]
LEAST_ADDED = 1.5  # deviation that is worth adding [grey levels]


@dataclass(frozen=True, slots=True, eq=False)
class _Windows:
    """Windows of a picture on the scale of [0, 255]."""

    spectra: NDArray[np.float32]  # (n, rings, 3, 3): variances and covariances of the channels, per ring
    light: NDArray[np.float32]  # (n,) mean grey level

    @property
    def power(self) -> NDArray[np.float32]:
        """(n,) mean variance of the channels."""
        return np.trace(self.spectra, axis1=2, axis2=3).mean(1) / 3


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """The reference in the frame of a box of the image, around a patch that shows it."""

    box: Box  # of the image; the patch's lies in it
    picture: NDArray[np.float32]  # (box.height, box.width, 3) in [0, 255]
    where: NDArray[np.bool_]  # (box.height, box.width), True where it shows
    is_exact: bool  # it lies exactly in place


def around_patch(box: Box, height: int, width: int) -> Box:
    """The box in which the reference is looked at for a patch in `box`, of an image of (height, width)."""
    return _grown(box, BAND_PX[1]).clip(height, width)


def with_grain(
    patch: NDArray[np.float32],
    box: Box,
    image: NDArray[np.uint8],
    marked: NDArray[np.bool_],
    random: np.random.Generator,
    shows: Callable[[], Shown] | None = None,
) -> tuple[NDArray[np.float32], float]:
    """Add the noise to a patch that the image has around the mask and the patch has not.

    Spectra are those of even windows of 16 px, where texture is least, averaged over rings of frequency and
    without the axes, on which the edges of JPEG blocks lie. Noise is everywhere: what is much above the floor
    of the image in like light is taken for texture, and so is what an exactly aligned reference shows too.
    What the patch lacks is drawn as Gaussian noise of the missing spectrum, channels correlated as they are
    in the image; nothing is ever taken away.

    Args:
        patch: (box.height, box.width, 3) float32 in [0, 1].
        box: of the image, where the patch lies.
        image: (H, W, 3).
        marked: (H, W), True where the artifact may show.
        random: draws the noise.
        shows: gives the reference that the patch shows, where the image has grain; None of one without.

    Returns:
        The patch, and the standard deviation of what was added [grey levels]; the same patch and 0 where that
        would be less than `LEAST_ADDED`.
    """
    kernels = _lacking(patch, box, image, marked, shows)
    sigma = 0.0 if kernels is None else float(np.sqrt((kernels**2).sum() / 3))
    if kernels is None or sigma < LEAST_ADDED:
        return patch, 0.0
    return np.clip(patch + _drawn(kernels, (box.height, box.width), random) / 255, 0, 1), sigma


def _lacking(
    patch: NDArray[np.float32],
    box: Box,
    image: NDArray[np.uint8],
    marked: NDArray[np.bool_],
    shows: Callable[[], Shown] | None,
) -> NDArray[np.float32] | None:
    """The kernels of the noise that the patch lacks; None where there is none, or none that is sure."""
    height, width = marked.shape
    area = _grown(box, REACH_PX).clip(height, width)
    outside = (~marked[area.slices()]).astype(np.uint8)
    distance = np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, 5), np.float32)
    wanted = _grain_around(image[area.slices()], distance)
    if wanted is None:
        return None
    near, shown = distance[_within(box, area)], None if shows is None else shows()
    seen = near == 0 if shown is None else shown.where[_within(box, shown.box)] & (near <= BAND_PX[1])
    own = _even(_windows_of(255 * patch, seen), OWN_SPREAD)
    if own is None:
        return None
    if shown is not None and shown.is_exact:
        far = distance[_within(shown.box, area)]
        beside = shown.where & (far >= BAND_PX[0]) & (far <= BAND_PX[1])
        if _likeness(image[shown.box.slices()], shown.picture, beside) > TEXTURED:
            return None
    return _kernels(wanted - own)


def _grown(box: Box, by_px: int) -> Box:
    return Box(box.left - by_px, box.top - by_px, box.right + by_px, box.bottom + by_px)


def _within(box: Box, area: Box) -> tuple[slice, slice]:
    """Rows and columns of `box` in the picture of `area`, which holds it."""
    return Box(
        box.left - area.left, box.top - area.top, box.right - area.left, box.bottom - area.top
    ).slices()


def _grain_around(image: NDArray[np.uint8], distance: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """(rings, 3, 3) spectrum of the noise around the mask; None where there is none, or none that is sure."""
    near, far = BAND_PX
    around = _windows_of(image, (distance >= near) & (distance <= far))
    if len(around.light) < LEAST_WINDOWS:
        return None
    darkest, lightest = np.quantile(around.light, (0.05, 0.95))
    everywhere = _windows_of(image, distance >= near, (darkest - LIKE, lightest + LIKE))
    if len(everywhere.light) < LEAST_WINDOWS:
        return None
    low, high = np.quantile(everywhere.power, SPREAD)
    if low < LEAST_GREY**2 or high > MOST_SPREAD * low:
        return None
    spread = float(high / low)
    most = spread**3 * float(low)
    found = _even(around, spread, most)
    return _even(everywhere, spread, most) if found is None else found


def _likeness(image: NDArray, patch: NDArray, where: NDArray[np.bool_]) -> float:
    """Median correlation of two (h, w, 3) pictures in those windows where the first is most even.

    1 where there are too few windows to tell.
    """
    rows, columns = _corners(where)
    if len(rows) < LEAST_WINDOWS:
        return 1.0
    radius, clear = _grid(SIDE_PX)
    ring = clear & (radius >= RINGS[0] - 0.5) & (radius < RINGS[3])
    a, b = (_waves(_cut(picture, rows, columns).mean(1))[:, ring] for picture in (image, patch))
    power = (np.abs(a) ** 2).sum(1)
    alike = (a * b.conj()).real.sum(1) / np.sqrt(power * (np.abs(b) ** 2).sum(1) + 1e-9)
    return float(np.median(alike[power <= np.quantile(power, 0.2)]))


def _even(windows: _Windows, spread: float, most: float = np.inf) -> NDArray[np.float32] | None:
    """(rings, 3, 3) mean spectrum of the windows with the least power, none above `most`."""
    if len(windows.light) < LEAST_WINDOWS:
        return None
    power = windows.power
    limit = min(spread**2, MOST_EVEN) * float(np.quantile(power, FLOOR))
    enough = float(np.partition(power, LEAST_WINDOWS - 1)[LEAST_WINDOWS - 1])
    even = power <= min(max(limit, enough), most)
    return windows.spectra[even].mean(0) if even.sum() >= LEAST_WINDOWS else None


def _windows_of(
    picture: NDArray, where: NDArray[np.bool_], light: tuple[float, float] = (0.0, 255.0)
) -> _Windows:
    """Windows of (H, W, 3) `picture` that lie in `where`, are not saturated and as light as `light` says."""
    cut = _cut(picture, *_corners(where))
    beyond = ((cut < SATURATED) | (cut > 255 - SATURATED)).mean((1, 2, 3))
    mean = cut.mean((1, 2, 3))
    kept = (beyond <= SATURATED_SHARE) & (mean >= light[0]) & (mean <= light[1])
    return _Windows(_spectra(cut[kept]), mean[kept])


def _cut(picture: NDArray, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float32]:
    """(n, 3, SIDE_PX, SIDE_PX) windows of (H, W, 3) `picture` by their upper left corners."""
    cut = np.empty((len(rows), 3, SIDE_PX, SIDE_PX), np.float32)
    for i, (y, x) in enumerate(zip(rows, columns, strict=True)):
        cut[i] = picture[y : y + SIDE_PX, x : x + SIDE_PX].transpose(2, 0, 1)
    return cut


def _corners(where: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the upper left corners of windows that lie in `where`, on a grid."""
    if min(where.shape) < SIDE_PX:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    summed = cv2.integral(where.astype(np.uint8))
    count = summed[SIDE_PX:, SIDE_PX:] + summed[:-SIDE_PX, :-SIDE_PX]
    whole = count - summed[SIDE_PX:, :-SIDE_PX] - summed[:-SIDE_PX, SIDE_PX:] == SIDE_PX**2
    step = 4 + int(np.sqrt(whole.sum() / MOST_WINDOWS)) // 2 * 2
    rows, columns = np.nonzero(whole[::step, ::step])
    return rows * step, columns * step


def _spectra(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, rings, 3, 3) of (n, 3, SIDE_PX, SIDE_PX): cross-spectra of the channels."""
    waves = _waves(windows)
    radius, clear = _grid(SIDE_PX)
    rings = [clear & (radius >= a) & (radius < b) for a, b in pairwise(RINGS)]
    spectra = []
    for ring in rings:
        part = waves[..., ring]
        spectra.append((part @ part.conj().swapaxes(1, 2)).real / ring.sum())
    return np.stack(spectra, 1).astype(np.float32)


def _waves(windows: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Fourier transform of windows (..., SIDE_PX, SIDE_PX) less their planes; its mean power is theirs."""
    edge = np.hanning(SIDE_PX + 2)[1:-1]
    taper = (np.outer(edge, edge) / (edge**2).mean()).astype(np.float32)
    return fft.fft2(_without_planes(windows) * taper) / SIDE_PX


def _without_planes(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The windows less the plane that fits each best: light rises across them."""
    slope = np.arange(SIDE_PX, dtype=np.float32) - (SIDE_PX - 1) / 2
    unit = slope / float((slope**2).sum() * SIDE_PX)
    across, down = windows.sum(-2) @ unit, windows.sum(-1) @ unit
    plane = across[..., None, None] * slope + down[..., None, None] * slope[:, None]
    return windows - windows.mean((-2, -1), keepdims=True) - plane


def _grid(side: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(side, side) frequency [cycles per side], and where it is clear of the axes."""
    along = np.abs(np.fft.fftfreq(side) * side)
    clear = (along[:, None] > 1) & (along > 1)
    return np.hypot(along[:, None], along), clear


def _kernels(missing: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3, 3, SIDE_PX, SIDE_PX): white noise of channel j, filtered, is what channel i gets of it.

    Args:
        missing: (rings, 3, 3) spectrum; what of it is negative is left alone.
    """
    values, vectors = np.linalg.eigh(missing)
    root = (vectors * np.sqrt(np.maximum(values, 0))[:, None]) @ vectors.swapaxes(1, 2)
    centres = np.add(RINGS[:-1], RINGS[1:]) / 2
    radius, _ = _grid(SIDE_PX)
    gains = np.empty((3, 3, SIDE_PX, SIDE_PX))
    for i in range(3):
        for j in range(3):
            gains[i, j] = np.interp(radius, centres, root[:, i, j])
    gains *= _rise(radius, root, centres)
    return np.fft.fftshift(np.fft.ifft2(gains).real, (2, 3)).astype(np.float32)


def _rise(radius: NDArray[np.float64], root: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray:
    """(side, side) factor below the first ring, where texture hides the noise: a Gaussian goes on."""
    first, second = (max(float(np.trace(part)), 1e-3) for part in root[:2])
    slope = max(np.log(first / second), 0) / (centres[1] ** 2 - centres[0] ** 2)
    return np.exp(slope * np.maximum(centres[0] ** 2 - radius**2, 0))


def _drawn(
    kernels: NDArray[np.float32], size: tuple[int, int], random: np.random.Generator
) -> NDArray[np.float32]:
    """(height, width, 3) noise in grey levels."""
    margin = SIDE_PX // 2
    height, width = size[0] + 2 * margin, size[1] + 2 * margin
    white = [random.standard_normal((height, width), np.float32) for _ in range(3)]
    channels = [sum(cv2.filter2D(white[j], -1, kernels[i, j]) for j in range(3)) for i in range(3)]
    return np.stack(channels, -1)[margin:-margin, margin:-margin].astype(np.float32)
