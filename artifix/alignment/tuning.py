"""The numbers of stage 1 as a whole.

What each is worth, docs/tuning.md tells.
"""

from dataclasses import dataclass

from artifix.tuning import HAND, constant

MIRRORS = "chosen by hand; only the step as a whole is measured, by benchmarks/mirrors.py"


@dataclass(frozen=True)
class AlignmentTuning:
    """What stage 1 goes by and no user sets; what users set stands in artifix/config.py."""

    # The search: finding.py
    field_trusted: float = constant(0.3, "trust in a field of attention that is worth a look along it", HAND)
    least_structure: float = constant(4.0, "grey levels; in less attention finds only its habits", HAND)

    # Mirrors: stage.py, mirror.py
    mirror_sure: float = constant(
        0.9, "confidence of a mirrored match, above which no more is asked", MIRRORS
    )
    mirror_supported: float = constant(
        5.0, "doublings of exact matches near the mask that exclude a mirror", MIRRORS
    )
    mirror_supported_coarsely: float = constant(
        7.0, "the same of learned ones; dozens agree by chance", MIRRORS
    )
    mirror_least_inliers: int = constant(12, "matches with the mirrored reference", MIRRORS)
    mirror_times: float = constant(2.0, "matches with it, over those with the reference as it is", MIRRORS)

    # Parts too small to be found: scraps.py
    small_share: float = constant(0.04, "of the image's longer side; a part so small is filled", HAND)

    # Refusals and repairs: choice.py, repairing.py, confidence.py
    most_covered: float = constant(0.35, "share of the image; a mask of more may be inverted", HAND)
    region_only: float = constant(0.4, "of the confidence, where only the region is known", HAND)
    sharp: float = constant(1.5, "px of the image per px of a reference that is fine enough", HAND)
    logit_ridge: float = constant(2e-4, "penalty of squared log-odds, which keeps them finite", "mathematics")


ALIGNMENT = AlignmentTuning()
