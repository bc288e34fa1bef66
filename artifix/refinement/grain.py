"""Measure the grain of the image around the mask, and add to a patch what it lacks of it."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box
from artifix.refinement import tuning
from artifix.refinement.noise import draw_noise, noise_kernels
from artifix.refinement.windows import Windows, likeness, windows_of


@dataclass(frozen=True, slots=True, eq=False)
class ShownReference:
    """The reference in the frame of a box of the image, around a patch that shows it."""

    box: Box  # of the image; the patch's lies in it
    picture: NDArray[np.float32]  # (box.height, box.width, 3) in [0, 255]
    where: NDArray[np.bool_]  # (box.height, box.width), True where it shows
    is_exact: bool  # it lies exactly in place


def band_around(box: Box, height: int, width: int) -> Box:
    """The box in which the reference is looked at for a patch in `box`, of an image of (height, width)."""
    return _grown(box, tuning.REFINEMENT.grain_band_px).clip(height, width)


def add_grain(
    patch: NDArray[np.float32],
    box: Box,
    image: NDArray[np.uint8],
    marked: NDArray[np.bool_],
    random: np.random.Generator,
    shows: Callable[[], ShownReference] | None = None,
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
        would be less than `grain_least_added`.
    """
    kernels = _missing_noise(patch, box, image, marked, shows)
    sigma = 0.0 if kernels is None else float(np.sqrt((kernels**2).sum() / 3))
    if kernels is None or sigma < tuning.REFINEMENT.grain_least_added:
        return patch, 0.0
    return np.clip(patch + draw_noise(kernels, (box.height, box.width), random) / 255, 0, 1), sigma


def _missing_noise(
    patch: NDArray[np.float32],
    box: Box,
    image: NDArray[np.uint8],
    marked: NDArray[np.bool_],
    shows: Callable[[], ShownReference] | None,
) -> NDArray[np.float32] | None:
    """The kernels of the noise that the patch lacks; None where there is none, or none that is sure."""
    tuned = tuning.REFINEMENT
    height, width = marked.shape
    area = _grown(box, tuned.grain_reach_px).clip(height, width)
    outside = (~marked[area.slices()]).astype(np.uint8)
    distance = np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, 5), np.float32)
    wanted = _grain_around(image[area.slices()], distance)
    if wanted is None:
        return None
    near, shown = distance[_within(box, area)], None if shows is None else shows()
    seen = (
        near == 0 if shown is None else shown.where[_within(box, shown.box)] & (near <= tuned.grain_band_px)
    )
    own = _spectrum_of_even_windows(windows_of(255 * patch, seen), tuned.grain_own_spread)
    if own is None:
        return None
    if shown is not None and shown.is_exact:
        far = distance[_within(shown.box, area)]
        beside = shown.where & (far >= tuned.grain_bleed_px) & (far <= tuned.grain_band_px)
        if likeness(image[shown.box.slices()], shown.picture, beside) > tuned.grain_textured:
            return None
    return noise_kernels(wanted - own)


def _grown(box: Box, by_px: int) -> Box:
    return Box(box.left - by_px, box.top - by_px, box.right + by_px, box.bottom + by_px)


def _within(box: Box, area: Box) -> tuple[slice, slice]:
    """Rows and columns of `box` in the picture of `area`, which holds it."""
    return Box(
        box.left - area.left, box.top - area.top, box.right - area.left, box.bottom - area.top
    ).slices()


def _grain_around(image: NDArray[np.uint8], distance: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """(rings, 3, 3) spectrum of the noise around the mask; None where there is none, or none that is sure."""
    tuned = tuning.REFINEMENT
    near, far = tuned.grain_bleed_px, tuned.grain_band_px
    around = windows_of(image, (distance >= near) & (distance <= far))
    if len(around.light) < tuned.grain_least_windows:
        return None
    tail, beyond = tuned.grain_light_tail, tuned.grain_light
    darkest, lightest = np.quantile(around.light, (tail, 1 - tail))
    everywhere = windows_of(image, distance >= near, (darkest - beyond, lightest + beyond))
    if len(everywhere.light) < tuned.grain_least_windows:
        return None
    low, high = np.quantile(everywhere.power, (tuned.grain_low, tuned.grain_high))
    if low < tuned.grain_least_deviation**2 or high > tuned.grain_most_spread * low:
        return None
    # Powers of windows of one noise are spread log-normally, the less the whiter it is: what their 20th
    # percentile is over their 2nd, squared, their 90th is over their 10th, and cubed, nearly all over
    # their 2nd.
    spread = float(high / low)
    most = spread**3 * float(low)
    found = _spectrum_of_even_windows(around, spread, most)
    return _spectrum_of_even_windows(everywhere, spread, most) if found is None else found


def _spectrum_of_even_windows(
    windows: Windows, spread: float, most: float = np.inf
) -> NDArray[np.float32] | None:
    """(rings, 3, 3) mean spectrum of the windows with the least power, none above `most`."""
    tuned = tuning.REFINEMENT
    least = tuned.grain_least_windows
    if len(windows.light) < least:
        return None
    power = windows.power
    limit = min(spread**2, tuned.grain_most_even) * float(np.quantile(power, tuned.grain_even))
    enough = float(np.partition(power, least - 1)[least - 1])
    even = power <= min(max(limit, enough), most)
    return windows.spectra[even].mean(0) if even.sum() >= least else None
