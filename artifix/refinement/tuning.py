"""The numbers of stage 2 that were set by hand.

Names begin with what they belong to: `light` of references that lie exactly in place, `rough` of those that
lie only roughly, `colour` of the fit of both, `grain`, and so on. An extent is the root of the mask's area.
How far the artifact bleeds out of its mask stands here four times, as each step counts in pixels of its own:
`light_bleed_px`, `rough_bleed_px`, `foreground_bleed_px` (of a crop of 128 px) and `grain_bleed_px`, which is
twice as wide as the others, as traces too faint for light are as strong as grain. What each number is worth,
docs/tuning.md tells.
"""

from dataclasses import dataclass

from artifix.tuning import HAND, constant

WHOLE = "chosen by hand; only the step as a whole is measured:"
PAIRS = "measured on 84 photo pairs (docs/decisions.md, What light leaves), by benchmarks/parts.py"
FAR_COLOURS = f"{WHOLE} docs/decisions.md, Colours that a ring lacks"
ROUGH_LIGHT = f"{WHOLE} docs/decisions.md, Rough pastes are lit by softened colours"
GRAIN = f"{WHOLE} benchmarks/grain.py (docs/measuring.md, Grain)"
SOFT_MASKS = "measured against 1 on blurred masks of photo pairs (docs/measuring.md, Soft masks)"
DEVIATIONS = "mathematics: 3 deviations, each 1.4826 median errors of normal ones, rounded"


@dataclass(frozen=True)
class RefinementTuning:
    """What stage 2 goes by and no user sets; what users set stands in artifix/config.py."""

    # What holds of several steps
    noise_deviation: float = constant(4.0, "grey levels; contrast of less tells nothing", HAND)
    least_ring_pixels: int = constant(32, "pixels; with fewer around the mask nothing is fitted", HAND)
    light_bleed_px: float = constant(1.0, "px of the crop worked on, out of the mask", HAND)
    rough_bleed_px: float = constant(1.5, "px of the crop, out of the mask", HAND)
    foreground_bleed_px: float = constant(1.5, "px of the shrunken crop, out of the mask", HAND)
    grain_bleed_px: int = constant(3, "px of the image, out of the mask", HAND)

    # The reference in the crop: reference_warp.py, stage.py
    opaque_share: float = constant(0.9, "share of the greatest alpha, from which on it shows", HAND)
    region_context: float = constant(2.2, "sides of the region, of the part that is encoded", HAND)

    # Light, of a reference that lies exactly in place: exact_light.py
    light_side_px: int = constant(1024, "px; larger crops are worked on at this size", HAND)
    light_shown_share: float = constant(0.99, "share of a shrunken pixel that must be shown", HAND)
    light_fit_reach_px: float = constant(20.0, "px of the crop worked on; ring of the colour fit", HAND)
    light_field_reach_px: float = constant(16.0, "px of the crop worked on; ring of the light field", HAND)
    light_field_blur_px: float = constant(4.0, "px of the crop worked on; above noise, below texture", HAND)
    light_field_usual: float = constant(0.85, "quantile of the residuals; more is cut off", PAIRS)
    light_outlier: float = constant(3.0, "deviations of the error, where trust is 1/e", HAND)
    light_field_known: float = constant(4.0, "over the mass of a place, whose own value counts", HAND)

    # Sharpness: sharpness.py
    blurs_px: tuple[float, ...] = constant(
        (0.0, 0.5, 0.7, 0.9, 1.2, 1.6, 2.2), "px of the crop; deviations that are tried", HAND
    )
    blur_gain: float = constant(0.995, "share of the error that a stronger blur may leave", HAND)
    sharpness_blur_px: float = constant(1.0, "px; what it takes of edges tells sharpness", HAND)
    sharpness_edges: float = constant(0.9, "quantile of the edges, from which on they are strong", HAND)
    sharpness_excess: float = constant(1.15, "over the image's; the reference may be so sharp", HAND)

    # The fit of colours: colours.py
    colour_rounds: int = constant(6, "rounds of reweighting", HAND)
    colour_outlier_rough: float = constant(2.0, "median errors where a rough pair counts 1/e", FAR_COLOURS)
    colour_outlier_exact: float = constant(4.45, "median errors where an exact pair counts 1/e", DEVIATIONS)
    colour_error: float = constant(3.5, "grey levels, besides", HAND)
    colour_unexplained: float = constant(2.0, "over the share unexplained, which lowers the above", HAND)
    colour_ridge: float = constant(3.0, "mean variances, where nothing is explained", FAR_COLOURS)
    colour_least_ridge: float = constant(0.01, "mean variances, where all is explained", FAR_COLOURS)
    colour_ridge_floor: float = constant(60.0, "grey levels squared, besides", FAR_COLOURS)
    colour_gain_noise: float = constant(100.0, "grey levels squared; less tells of no gain", HAND)
    colour_dark: float = constant(8.0, "grey levels; ratios of means of less are noise", HAND)
    colour_uneven: float = constant(0.15, "of a channel's gain over that of all, at most", FAR_COLOURS)

    # Whether both show the same: local_correlation.py
    correlation_window_px: float = constant(3.0, "px of the crop worked on; deviation of windows", HAND)
    correlation_reach_px: float = constant(8.0, "px; deviation of texture's say in plain places", HAND)
    correlation_texture: float = constant(4.0, "variances of noise, where texture counts 1 - 1/e", HAND)
    correlation_unknown: float = constant(0.6, "correlation where no texture tells", HAND)
    correlation_mass: float = constant(0.1, "share of texture that counts as much as the above", HAND)
    correlation_least: float = constant(0.02, "squared correlation", HAND)

    # Light, of a reference that lies roughly in place: rough_light.py
    rough_reach: float = constant(0.5, "extents around the mask; colours are compared there", ROUGH_LIGHT)
    rough_blur: float = constant(0.05, "extents; deviation that makes pictures comparable", ROUGH_LIGHT)
    rough_least_blur_px: float = constant(1.0, "px of the crop; the same at least", HAND)
    rough_plain_least_blur_px: float = constant(1.5, "px of the crop; the same where plainness is told", HAND)
    rough_inside: float = constant(0.6, "weight of an artifact's pixel, over one at its edge", ROUGH_LIGHT)
    rough_least_weight: float = constant(1e-3, "weight of a pixel that is compared", HAND)
    rough_least_pixels: int = constant(64, "pixels; with fewer nothing is compared", HAND)
    rough_most_pixels: int = constant(6000, "pixels that are compared; bounds the time", HAND)
    rough_plain: float = constant(6.0, "grey levels; deviation in which nothing is drawn", HAND)
    rough_dark: float = constant(16.0, "grey levels; ratios of pixels of less are noise", HAND)
    rough_most_ratio: float = constant(0.9, "log of a ratio of light, at most", ROUGH_LIGHT)
    rough_tinted: float = constant(0.25, "log of a ratio, apart in channels; more is no light", HAND)
    rough_ground: float = constant(4.0, "over the share of plain ground, which trusts its light", HAND)
    rough_ground_stiffness: float = constant(0.02, "of the membrane, over a weight of 1", HAND)
    rough_seam: float = constant(50.0, "grey levels that the seam may take up", ROUGH_LIGHT)
    rough_seam_reach: float = constant(0.15, "extents around the mask", HAND)
    rough_seam_least_reach: float = constant(4.0, "bleeds around the mask", HAND)
    rough_seam_fade: float = constant(0.5, "extents into the mask, where 1/e is left", HAND)
    rough_seam_stiffness: float = constant(0.3, "of the membrane, over a weight of 1", HAND)
    membrane_side_px: int = constant(64, "px; the grid that membranes are solved on", HAND)
    membrane_least_side_px: int = constant(4, "px; the same of a crop's shorter side", HAND)

    # What of the reference is the object: foreground.py
    foreground_side_px: int = constant(128, "px; the cut is sought at this size", HAND)
    foreground_least_side_px: int = constant(8, "px; the same of a crop's shorter side", HAND)
    foreground_masked_share: float = constant(0.02, "share of a shrunken pixel that masks it", HAND)
    foreground_shown_share: float = constant(0.98, "share of a shrunken pixel that must be shown", HAND)
    foreground_reach: float = constant(0.4, "extents around the mask that are asked", HAND)
    foreground_blur: float = constant(0.03, "extents; deviation, and half the thinnest band", HAND)
    foreground_least_blur_px: float = constant(0.8, "px of the shrunken crop; the same at least", HAND)
    foreground_chroma: float = constant(1.3, "weight of a difference of colour, over one of light", HAND)
    foreground_same: float = constant(16.0, "8-bit Lab; less apart is the same", HAND)
    foreground_lenient: float = constant(2.0, "times the above, where descriptors agree", HAND)
    foreground_other: float = constant(24.0, "8-bit Lab; more apart is another thing", HAND)
    foreground_alike: float = constant(0.75, "agreement of descriptors; more is the same", HAND)
    foreground_unlike: float = constant(0.6, "agreement of descriptors; less is another thing", HAND)
    foreground_least_same: float = constant(0.1, "share of the ring; with less nothing tells", HAND)
    foreground_least_other: float = constant(0.04, "share of the ring; with less nothing is cut", HAND)
    foreground_rounds: int = constant(4, "rounds of GrabCut", HAND)
    foreground_edge_px: float = constant(0.8, "px of the shrunken crop; deviation of its edge", HAND)

    # Grain: grain.py, spectra.py
    grain_window_px: int = constant(16, "px of the image; side of a window", GRAIN)
    grain_step_px: int = constant(4, "px between windows, at least", HAND)
    grain_most_windows: int = constant(1000, "windows; of more, some are left out; bounds the time", HAND)
    grain_least_windows: int = constant(8, "windows; fewer say nothing", GRAIN)
    grain_rings: tuple[float, ...] = constant(
        (4.0, 5.2, 6.5, 8.0, 9.5, 11.4), "cycles a window; limits of the rings of a spectrum", GRAIN
    )
    grain_reach_px: int = constant(1024, "px around the patch; its floor of noise is sought there", HAND)
    grain_band_px: int = constant(48, "px around the mask; nearest grain, and the last of the band", GRAIN)
    grain_saturated: float = constant(2.5, "grey levels from black and white; noise is cut off", HAND)
    grain_saturated_share: float = constant(0.02, "share of a window, at most", HAND)
    grain_light_tail: float = constant(0.05, "quantile of the light around, from either end", HAND)
    grain_light: float = constant(40.0, "grey levels beyond those quantiles, elsewhere", GRAIN)
    grain_low: float = constant(0.02, "quantile of the windows' power; their floor", GRAIN)
    grain_high: float = constant(0.2, "quantile of the windows' power, compared with the floor", GRAIN)
    grain_most_spread: float = constant(3.0, "ratio of those powers; of texture it is greater", GRAIN)
    grain_even: float = constant(0.1, "quantile of the power that even windows are told by", GRAIN)
    grain_most_even: float = constant(4.0, "times that power, at most", GRAIN)
    grain_own_spread: float = constant(1.4, "the same ratio, of a patch", GRAIN)
    grain_textured: float = constant(0.5, "correlation with the reference; more is texture", GRAIN)
    grain_likeness_even: float = constant(0.2, "quantile of the power of windows it is told by", GRAIN)
    grain_least_deviation: float = constant(1.0, "grey levels; with less an image is clean", GRAIN)
    grain_least_added: float = constant(1.5, "grey levels that are worth adding", GRAIN)
    grey_rounding: int = constant(1, "grey levels; channels of a grey picture lie so far apart", HAND)

    # The paste: composite.py, soft_edge.py, transparency.py, inpainting.py
    feather_share: float = constant(0.25, "of a part's inner radius; the feather at most", HAND)
    soft_whole: float = constant(2 / 3, "of the level, from which on the patch is whole", SOFT_MASKS)
    soft_rough_px: float = constant(3.0, "px of the image; a rough paste blends so far out", HAND)
    erased_share: float = constant(0.5, "share of a hole's transparency that is repainted", HAND)
    transparent_share: float = constant(0.05, "share of what was repainted, from which on it is told", HAND)
    inpaint_radius_px: int = constant(3, "px of the image; what is asked around a speck", HAND)
    inpaint_surround: int = constant(4, "radii around a speck that are cut out with it", HAND)


REFINEMENT = RefinementTuning()
