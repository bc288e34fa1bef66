"""The numbers of the matchers.

What each is worth, docs/tuning.md tells.
"""

from dataclasses import dataclass

from artifix.tuning import HAND, constant

WARPS = "measured on known warps (tests/matching/test_xfeat.py)"
XFEAT = "Potje et al. 2024, XFeat*, semi-dense"


@dataclass(frozen=True)
class MatchingTuning:
    """What matching goes by and no user sets; what users set stands in artifix/config.py."""

    # SIFT: sift.py
    sift_side_px: int = constant(1024, "px; pictures are shrunk to this longer side", HAND)
    sift_most_features: int = constant(4000, "features, by contrast; more only costs time", HAND)
    ratio: float = constant(0.8, "of the best to the second-best distance", "Lowe 2004, section 7.1")
    mutual_ratio: float = constant(0.92, "the same, of a match that is best both ways", HAND)
    mask_margin_px: int = constant(5, "px of the image; features this near the mask see the artifact", HAND)
    most_copies: int = constant(6, "matches of one feature; SIFT gives some two orientations", HAND)
    sift_tolerance_px: float = constant(3.0, "px of the working picture; error of a right match", HAND)

    # XFeat: xfeat.py
    xfeat_side_px: int = constant(
        800,
        "px; pictures are brought to this longer side",
        "by benchmarks/levers.py (docs/decisions.md, Matching)",
    )
    xfeat_most_enlarged: float = constant(2.0, "times; small pictures by no more", HAND)
    xfeat_scales: tuple[float, ...] = constant(
        (0.6, 1.3), "times the working picture; the two that are read", XFEAT
    )
    xfeat_most_cells: tuple[int, ...] = constant(
        (819, 3277), "cells of each, a fifth and the rest of 4096", XFEAT
    )
    xfeat_centre_px: float = constant(3.3, "px read, from a cell's first pixel to its point", WARPS)
    xfeat_refined_px: float = constant(1.0, "px read, by which the places in a cell lie too low", WARPS)
    xfeat_sharpness: float = constant(3.0, "logits; temperature of the places in a cell", XFEAT)
    xfeat_least_certainty: float = constant(0.25, "probability of one place, for a match to be kept", HAND)
    xfeat_least_deviation: float = constant(1.0, "grey levels; a picture of less is one colour", HAND)
    xfeat_tolerance_px: float = constant(6.0, "px of the working picture; error of a right match", HAND)

    # EfficientLoFTR: loftr.py
    loftr_side_px: int = constant(
        832, "px; pictures are shrunk to this longer side", "Wang et al. 2024 train on 832 px"
    )
    loftr_tolerance_px: float = constant(3.0, "px of the working picture; error of a right match", HAND)

    # DINOv2: dinov2.py
    dinov2_cells: int = constant(
        37,
        "patches along the longer side of what is read",
        "Oquab et al. 2023 end with 518 px, of 14 px patches",
    )
    dinov2_contexts: tuple[float, ...] = constant((1.0, 3.0), "mask's longer sides; the crops read", HAND)
    dinov2_least_likeness: float = constant(0.3, "likeness of two patches, for a match to be kept", HAND)
    dinov2_least_margin: float = constant(0.05, "likeness, over any patch beyond the neighbours", HAND)
    dinov2_tolerance_cells: float = constant(1.0, "patches of the crop; error of a right match", HAND)

    # A second search around small masks: pool.py
    closer_context: float = constant(6.0, "mask's longer sides; the part that is searched as well", HAND)
    closer_share: float = constant(
        0.6, "share of the image's side; a larger part is not searched again", HAND
    )
    closer_least_side_px: int = constant(1024, "px; smaller images are not shrunk, and searched once", HAND)

    # Plain descriptors: descriptors.py
    plain_soft_px: float = constant(1.6, "px of the described picture; deviation of features", HAND)
    plain_ground_px: float = constant(
        12.0, "px of the described picture; deviation of what surrounds them", HAND
    )


MATCHING = MatchingTuning()
