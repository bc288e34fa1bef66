"""The numbers of registration.

An artifact bleeds out of its mask: `bleed_px` counts in pixels of the image, `depth_bleed_px` in those of a
frame that is shrunk. A window counts half where its deviation is `salient_deviation`; evidence looks at wider
windows of an enlarged picture, and has a number of its own, which is the same.

What each is worth, docs/tuning.md tells.
"""

from dataclasses import dataclass

from artifix.tuning import HAND, constant

DEPTHS = "by benchmarks/parts.py on stereo cases (docs/decisions.md, Registration)"
EVIDENCE = "fitted with benchmarks/evidence.py"
LEVERS = "at less it cost structure on clock faces (docs/decisions.md, Registration)"
UNRELATED = "references of other things gave less, by benchmarks/evidence.py"


@dataclass(frozen=True)
class RegistrationTuning:
    """What registration goes by and no user sets; what users set stands in artifix/config.py."""

    # The context band: context_band.py
    band_side_px: int = constant(192, "px; longer side of the band's picture", HAND)
    band_least_reach_px: int = constant(16, "px of the image; width of the band", HAND)
    band_reach: float = constant(0.6, "diameters of a disc of the mask's area; width of the band", HAND)
    bleed_px: int = constant(2, "px of the image; the artifact bleeds so far out of its mask", HAND)
    window_px: float = constant(3.0, "px of the working picture; deviation of the window of agreement", HAND)
    noise_deviation: float = constant(4.0, "grey levels; less is no structure", HAND)
    salient_deviation: float = constant(16.0, "grey levels; a window of so much has half the full say", HAND)
    band_least_shown: float = constant(0.3, "share of the band that the reference must show", HAND)

    # Hypotheses: hypothesis.py
    least_agreement: float = constant(0.35, "agreement; of unrelated pictures the best stay below 0.1", HAND)
    least_exact_agreement: float = constant(0.6, "agreement; of coarse matches, to be exact", HAND)
    sharp_inliers: int = constant(30, "exact matches that need less agreement", HAND)
    least_sharp_agreement: float = constant(0.1, "agreement with so many exact matches", HAND)
    least_texture: float = constant(0.1, "texture; in less of it many exact matches decide alone", HAND)
    inliers_worth: float = constant(0.02, "agreement, for twice the exact matches", HAND)

    # Candidates: candidates.py, similarity.py, by_hand.py
    least_similarity_matches: int = constant(4, "matches; twice the minimal set", "mathematics")
    least_affine_matches: int = constant(6, "matches; twice the minimal set", "mathematics")
    least_homography_matches: int = constant(10, "matches; more than twice the minimal set", "mathematics")
    neighbourhoods: tuple[float, ...] = constant(
        (0.5, 1.0, 2.0, 4.0), "diagonals of the mask's box around it", HAND
    )
    scales: tuple[float, ...] = constant(
        (1 / 12, 40.0),
        "px of the reference per px of the image, least and most",
        "generators draw 256 px, cameras 6,000",
    )
    largest_stretch: float = constant(3.0, "of one direction over another, at one point", HAND)
    largest_perspective: float = constant(4.0, "of one local scale over another", HAND)
    ransac_iterations: int = constant(2000, "trials, at most", "OpenCV's default")
    ransac_confidence: float = constant(0.999, "probability of having found the best", HAND)
    least_weight: float = constant(0.05, "weight of a match, in the fit of a similarity", HAND)
    similarity_rounds: int = constant(6, "rounds of reweighting", HAND)
    by_hand_tolerance_px: float = constant(3.0, "px of the image; how exactly a person points", HAND)
    by_hand_context: float = constant(1.8, "mask's longer sides; there the transform must be plausible", HAND)

    # Where transforms lead: transform.py
    least_inside: float = constant(0.9, "share of the mask that must lie inside the reference", HAND)
    least_within: float = constant(
        0.5, "share of the mask inside the part given by hand, drawn roughly", HAND
    )
    most_points: int = constant(500, "pixels of the mask that are looked up", HAND)
    fine_pixels: int = constant(
        1_000_000, "pixels; of more, smooth maps are interpolated", "by benchmarks/sizes.py"
    )
    outline_fine: int = constant(4, "times finer than pixels; outlines are traced and filled so", HAND)
    most_asked_pixels: int = constant(
        1_000_000, "pixels, of which each is asked how much it shrinks", "by benchmarks/sizes.py"
    )

    # Verification: verification.py
    least_side_px: int = constant(16, "px; smaller pictures hold no context", HAND)
    most_polished_first: int = constant(6, "candidates that are worth polishing", HAND)
    least_error_px: float = constant(4.0, "px of the band's picture; error of a candidate, at least", HAND)
    worth_warping: float = constant(0.04, "agreement; flat scenes gain less from a warp", HAND)
    worth_freedom: float = constant(0.01, "agreement, for a freer warp over a stiffer one", HAND)
    worth_tearing: float = constant(0.05, "agreement; a disparity must gain more than a smooth warp", DEPTHS)
    stray_share: float = constant(0.1, "share of the matches that must contradict the transform", DEPTHS)
    coarse_px: float = constant(
        8.0, "px of the band's picture; coarser starts polish with a wider window", HAND
    )

    # Polish: polish.py
    polish_iterations: int = constant(15, "steps, at most", HAND)
    polish_settled_px: float = constant(0.01, "px; a smaller step ends the polish", HAND)
    polish_outlier: float = constant(0.5, "local deviations; a pixel so far off has half its weight", HAND)

    # Smooth warps: spline.py, spline_fit.py
    warp_shift: float = constant(0.15, "sides of the box; displacement that is expected", HAND)
    warp_least_area: float = constant(0.2, "times; a small area that shrinks more folds", HAND)
    warp_most_area: float = constant(5.0, "times; a small area that grows more tears", HAND)
    warp_cells: int = constant(6, "cells along the longer side of the warp's box", HAND)
    warp_growth: float = constant(0.1, "sides of the band's box, beyond it", HAND)
    warp_curvatures: tuple[float, ...] = constant(
        (0.15, 0.3, 0.6, 1.2), "second derivatives in sides of the box, tried in turn", HAND
    )
    warp_loose: float = constant(
        0.06, "sides of the box; so far off a match starts with a quarter of its weight", HAND
    )
    warp_rounds: int = constant(8, "rounds of reweighting", HAND)
    warp_least_matches: int = constant(12, "matches that must agree with the warp", HAND)
    warp_polish_iterations: int = constant(3, "steps of the polish; it starts near", HAND)
    warp_most_pixels: int = constant(
        4000, "pixels of the band that the polish looks at; bounds the time", HAND
    )

    # The mask's edge: edge_shifts.py, edge_fit.py
    edge_sides_px: tuple[int, int] = constant(
        (128, 256), "px; longer sides of the working pictures, coarse and fine", HAND
    )
    edge_reach: float = constant(0.4, "roots of the mask's area around it, that are compared coarsely", HAND)
    edge_fine_reach: float = constant(0.6, "of the above, that are compared finely", HAND)
    edge_step_px: int = constant(8, "px of the working picture between points", HAND)
    edge_window_px: float = constant(4.0, "px of the working picture; deviation of the window", HAND)
    edge_reach_px: int = constant(4, "px of the working picture; a point is sought so far away", HAND)
    edge_least_points: int = constant(12, "points; fewer tell nothing", HAND)
    edge_least_mass: float = constant(0.35, "share of a window that must be known", HAND)
    edge_least_alike: float = constant(0.3, "correlation; of less a shift tells nothing", HAND)
    edge_independent: float = constant(8.0, "independent pixels of a window", HAND)
    edge_least_error_px: float = constant(1.0, "px of the working picture; of a shift, at least", HAND)
    edge_tolerance_px: float = constant(1.5, "px of the working picture; shifts that agree", HAND)
    edge_loose: float = constant(4.0, "times the above, in the first round", HAND)
    edge_rounds: int = constant(5, "rounds of reweighting", HAND)
    edge_cells: int = constant(10, "cells along the longer side of the warp's box", HAND)
    edge_growth: float = constant(0.02, "sides of the box, beyond it", HAND)
    edge_coarse_prior: tuple[float, float] = constant(
        (0.04, 1.0), "sides of the box; deviation of the displacement, and its range", HAND
    )
    edge_prior: tuple[float, float] = constant((0.008, 0.15), "the same, of what is kept in the end", HAND)

    # Parallax and disparity: parallax.py, depth.py
    parallax_reaches: tuple[float, ...] = constant(
        (1.5, 3.0), "mask's longer sides; farther if there are too few matches", HAND
    )
    parallax_least_matches: int = constant(16, "matches that must agree", HAND)
    parallax_trials: int = constant(200, "samples drawn", HAND)
    parallax_tight: float = constant(0.25, "of the matches' tolerance, off the hyperplane", HAND)
    parallax_odd: float = constant(0.02, "share of the matches at either end that bound nothing", HAND)
    parallax_least_across: float = constant(0.1, "norm; less is a degenerate geometry", HAND)
    parallax_least_area: float = constant(0.05, "determinant; less is a degenerate geometry", HAND)
    depth_reach: float = constant(1.0, "mask's longer sides around it", HAND)
    depth_least_reach_px: int = constant(32, "px of the image; the same at least", HAND)
    depth_side_px: int = constant(256, "px; longer side of the frame", HAND)
    depth_block_px: int = constant(9, "px of the frame; block of the matching cost", HAND)
    depth_slack_px: int = constant(4, "px of the frame, beyond what matches say", HAND)
    depth_most_sweep: float = constant(0.5, "of the frame's longer side", HAND)
    depth_least_known: float = constant(0.1, "share of the frame", HAND)
    depth_bleed_px: int = constant(2, "px of the frame, out of the mask", HAND)
    depth_even_cost: float = constant(1.0, "grey levels; cost of a step over one colour", HAND)
    depth_tear_px: float = constant(1.5, "px of the frame; depths that differ by more are two sheets", HAND)
    depth_speck_px: int = constant(7, "px of the frame; side of the median", HAND)

    # Content: content.py
    content_context: float = constant(2.0, "mask's longer sides; side of the frame", HAND)
    content_surroundings: float = constant(
        0.35, "weight of a cell beside the mask; inside it is 1 more", HAND
    )
    content_different: float = constant(0.3, "likeness of pictures that show something else", HAND)
    content_same: float = constant(0.7, "likeness of pictures that show the same", HAND)
    content_least_agreement: float = constant(
        0.05, "agreement; of soft pictures something is comparable", HAND
    )

    # Registration on content: flow.py
    flow_rounds: int = constant(4, "steps along the flow", HAND)
    flow_reach_cells: int = constant(3, "cells; a cell is sought so far away", HAND)
    flow_sharpness: float = constant(12.0, "logits; of likeness with neighbours", HAND)
    flow_prior: tuple[float, ...] = constant(
        (0.6, 0.6, 2.0, 2.0, 12.0, 12.0), "on shift, scale, turn and two stretches, over the cells", HAND
    )
    flow_tolerance_px: float = constant(10.0, "px of the frame; cells farther off lose their weight", HAND)
    flow_votes: int = constant(6, "rounds of reweighting", HAND)
    content_warp_cells: int = constant(5, "cells of the warp along a side", HAND)
    content_warp_pad: float = constant(0.05, "sides of the frame, beyond it", HAND)
    content_warp_curvatures: tuple[float, ...] = constant(
        (0.2, 0.4, 0.6), "second derivatives in sides of the box, by step", HAND
    )
    content_warp_reach_cells: int = constant(2, "cells; a cell is sought so far away", HAND)
    content_warp_inside: float = constant(
        0.35, "weight of cells in the mask: an artifact melts in place", HAND
    )
    content_worth_warping: float = constant(0.03, "likeness around the mask", LEVERS)
    content_warp_tolerances: tuple[float, ...] = constant(
        (2.5, 0.6), "cells, from loose to strict in five rounds", HAND
    )

    # Evidence: evidence.py
    evidence_reach: float = constant(
        1.5, "diagonals of the mask's box around its centre; matches count", HAND
    )
    evidence_slack: float = constant(1.5, "times a match's tolerance, that explains a transform", HAND)
    evidence_salient_deviation: float = constant(
        16.0, "grey levels; a window of so much has half the full say", HAND
    )
    evidence_window_px: float = constant(8.0, "px of the frame; deviation of that window", HAND)
    evidence_rounding: float = constant(1.0, "grey levels squared; no structure", HAND)
    evidence_strokes_noise: float = constant(0.15, "variance of soft features that says nothing", HAND)

    # The search: search.py
    sure_agreement: float = constant(0.6, "agreement, with many exact matches: nothing else is sought", HAND)
    verified_logit: tuple[float, ...] = constant(
        (8.0, 1.0, -4.0), "log-odds by agreement, doublings of exact matches, bias", UNRELATED
    )
    least_verifying: int = constant(12, "exact matches, where the band agrees", UNRELATED)
    verified_coarsely_logit: tuple[float, ...] = constant(
        (1.0, -4.5), "log-odds by doublings of learned matches near the mask, bias", UNRELATED
    )
    least_verifying_coarsely: int = constant(
        30, "learned matches; of other things at most 12 agreed", UNRELATED
    )
    most_starts: int = constant(14, "starts that are looked at once; bounds the time", HAND)
    most_registered: int = constant(5, "starts that are followed; bounds the time", HAND)
    most_polished: int = constant(3, "hypotheses that are polished on the band; bounds the time", HAND)
    starts_apart: float = constant(0.04, "sides of the frame; nearer starts are the same", HAND)
    as_probable: float = constant(3.0, "log-odds below the most probable", HAND)
    placement_surroundings: float = constant(
        0.5, "verification, for a likeness of 1 around the mask", EVIDENCE
    )
    placement_matches: float = constant(0.15, "verification, for twice the exact matches", EVIDENCE)
    settled_apart: float = constant(0.01, "sides of the frame; nearer hypotheses are the same", HAND)

    # Generous masks: generous_mask.py
    generous_reach: float = constant(0.1, "roots of the area of the mask; around a match all is right", HAND)
    generous_least_reach_px: float = constant(4.0, "px of the image; the same at least", HAND)
    generous_most_wrong: float = constant(0.8, "share of the mask; with more wrong nothing is gained", HAND)
    generous_rounds: int = constant(2, "rounds; a verified transform explains more matches", HAND)


REGISTRATION = RegistrationTuning()
