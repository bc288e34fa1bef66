"""The numbers by which attention is read.

What each is worth, docs/tuning.md tells.
"""

from dataclasses import dataclass

from artifix.tuning import HAND, constant

STAGES = "by benchmarks/stages.py (docs/results.md)"


@dataclass(frozen=True)
class AttentionTuning:
    """What attention goes by and no user sets; what users set stands in artifix/config.py."""

    # The three looks: coarse_match.py
    zoom_context: float = constant(2.0, "sides of the region found; the second look", HAND)
    zoom_worth: float = constant(0.7, "share of the reference's side; a wider second look is left out", HAND)
    field_context: float = constant(1.25, "sides of the crop at the scale of the region", HAND)
    least_seen: float = constant(1e-3, "share of the map's peak, in a region given by hand", HAND)
    least_before: float = constant(
        0.1, "share of the map's peak; weight where earlier looks saw nothing", HAND
    )

    # Views and their matches: probe.py, correspondence.py
    certainty_power: int = constant(8, "power; nearly the surest view alone decides", HAND)
    tolerance_cells: float = constant(0.8, "query cells; error of a right match", HAND)
    masked_share: float = constant(
        0.25, "share of a shrunken pixel that masks it; half the largest at most", HAND
    )

    # From the map to the region: region.py
    noise_share: float = constant(0.4, "share of the peak; lower is noise in a map between looks", HAND)
    floor_share: float = constant(0.05, "share of the peak; so much falls on any part", STAGES)
    edge_share: float = constant(
        0.25, "share of the map's mass; with less a blob at the border is a sink", HAND
    )
    levels: int = constant(256, "levels of the map that are told apart where it is cut", HAND)


ATTENTION = AttentionTuning()
