"""Numbers of this room that were set by hand; those that were fitted lie in `disagreement.safetensors`."""

from dataclasses import dataclass

from artifix.tuning import HAND, constant


@dataclass(frozen=True, slots=True)
class Detection:
    """How image and reference are laid onto each other, compared, and masks drawn."""

    # The frame
    frame_px: int = constant(640, "px, longer side of the frame in which both are compared", HAND)
    most_enlarged: float = constant(4.0, "px of the frame per px of the image", HAND)
    margin: float = constant(0.25, "of the object's side, around what matches show of it", HAND)
    inner: tuple[float, float] = constant((0.02, 0.98), "quantiles of matches that the object spans", HAND)
    # The first model
    loose: float = constant(0.03, "of the picture's longer side: how far a match may lie off", HAND)
    least_matches: int = constant(12, "matches that agree", HAND)
    least_share: float = constant(0.04, "of all matches, those that agree", HAND)
    affine_gain: float = constant(1.2, "times the matches of a similarity, for an affine map to win", HAND)
    most_zoom: float = constant(12.0, "px of the reference per px of the image, or the inverse", HAND)
    most_stretch: float = constant(3.0, "longer over shorter axis of the first model", HAND)
    distinct_px: float = constant(4.0, "px of the image: nearer matches count as one", HAND)
    # The warp
    near: float = constant(0.12, "of the frame's side: a match of the same object, bent", HAND)
    cells: tuple[int, int] = constant((6, 10), "of the spline, through matches and along the flow", HAND)
    curvatures: tuple[float, float] = constant((0.3, 0.5), "of the spline, in sides of its box", HAND)
    rounds: int = constant(6, "of reweighted least squares", HAND)
    vote: float = constant(
        0.02,
        "weight of a match, or sample of the flow, against the stiffness",
        "hand, between the two of 0.001 to 1 by which artifacts bent 19 cases least",
    )
    match_tolerance: float = constant(0.006, "of the frame's side: a match that fits the warp", HAND)
    agreeing: float = constant(0.015, "of the frame's side: a match that is counted as agreeing", HAND)
    flow_step_px: int = constant(8, "px of the frame between two samples of the flow", HAND)
    flow_rounds: int = constant(2, "warps along the flow", HAND)
    flow_tolerances: tuple[float, float] = constant(
        (0.05, 0.008), "of the frame's side, first and last", HAND
    )
    flow_least_likeness: float = constant(0.5, "correlation from which on the flow is believed", HAND)
    flow_least_samples: int = constant(30, "samples of the flow, or the warp stays as it is", HAND)
    flow_usual: float = constant(0.06, "of the frame's side: deviation of the window of the usual flow", HAND)
    # Masks
    grown_from: float = constant(1.0, "log-odds that a cell of a proposal reaches at least", HAND)
    grown_to: float = constant(0.0, "log-odds of the other cells of a proposal", HAND)
    least_cells: int = constant(12, "cells of the smallest proposal", HAND)
    text_bonus: float = constant(0.5, "log-odds for print, when proposals are ranked", HAND)


DETECTION = Detection()
