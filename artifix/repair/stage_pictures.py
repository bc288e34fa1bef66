"""What `locate --stages` writes: a picture of each step of the alignment."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from artifix.attention.region import best_share, cluster, filter_noise
from artifix.geometry import Crop
from artifix.inputs.case import Case
from artifix.outputs.comparison import comparison_sheet, comparison_size
from artifix.outputs.encode import encode_png
from artifix.outputs.match_lines import MatchSet, matches_sheet
from artifix.outputs.save import stage_file
from artifix.outputs.stages import clusters_sheet, map_sheet, region_sheet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from artifix.alignment.alignment import Alignment
    from artifix.registration.hypothesis import Hypothesis


def stage_files(case: Case, alignments: Sequence["Alignment"]) -> dict[str, bytes]:
    """The pictures of each step by file name, those of further mask groups numbered.

    Args:
        case: what was worked on.
        alignments: one for each mask group; one without a transform has no overlay.
    """
    return {
        stage_file(stage, number): encode_png(picture)
        for number, alignment in enumerate(alignments)
        for stage, picture in _pictures(case, alignment).items()
    }


def left_out(alignments: Sequence["Alignment"]) -> str:
    """What to say of the pictures that are not there; empty if all are."""
    names = [stage_file("5-overlay", n) for n, a in enumerate(alignments) if a.transform is None]
    return f"{', '.join(names)}: left out, as there is no transform" if names else ""


def _pictures(case: Case, alignment: "Alignment") -> dict[str, "NDArray[np.uint8]"]:
    reference = case.reference.rgb
    pictures = _map_pictures(alignment, reference)
    transform, hypothesis = alignment.transform, alignment.hypothesis
    if hypothesis is not None:
        said = _described(hypothesis)
    else:
        said = (
            "given by hand" if alignment.source == "region" else "the largest cluster: there is no transform"
        )
    said = f"{said}; confidence {alignment.confidence:.2f}"
    pictures["4-region"] = region_sheet(alignment.region, reference, "4  region", said)
    if hypothesis is not None:
        pictures["5-overlay"] = _comparison(case, alignment, hypothesis)
    sets = [
        MatchSet(m.image, m.reference, m.source, None if transform is None else transform.explains(m))
        for m in alignment.matches
    ]
    said = "a sample of the matches" if sets else "no matches were sought"
    pictures["6-matches"] = matches_sheet(
        case.image.rgb, alignment.mask, reference, alignment.region, sets, said
    )
    return pictures


def _map_pictures(alignment: "Alignment", reference: "NDArray[np.uint8]") -> dict[str, "NDArray[np.uint8]"]:
    """The three steps from the map to its largest cluster."""
    correspondence = alignment.correspondence
    kept = filter_noise(correspondence)
    clusters = cluster(correspondence, kept)
    filtered = np.where(kept, correspondence, np.float32(0))
    mass = float(filtered.sum() / max(float(correspondence.sum()), 1e-12))
    raw_said = (
        "the attention that the masked part pays to the reference, from dark to bright; "
        f"layer {alignment.layer}, timestep {alignment.timestep}"
    )
    kept_said = (
        f"{100 * mass:.0f} % of the map's mass is left; noise is what lies below "
        f"{best_share(correspondence):.2f} of the peak, and light blobs at the border"
    )
    return {
        "1-map": map_sheet(correspondence, reference, "1  correspondence map M*", raw_said),
        "2-filtered": map_sheet(filtered, reference, "2  without noise", kept_said),
        "3-clusters": clusters_sheet(
            clusters.labels, clusters.masses, reference, "3  clusters", "connected parts of what is left"
        ),
    }


def _comparison(case: Case, alignment: "Alignment", hypothesis: "Hypothesis") -> "NDArray[np.uint8]":
    box = alignment.box
    crop = Crop(box, comparison_size(box.height, box.width))
    warped, valid = hypothesis.transform.warp_reference(case.reference.rgb, box, crop.size)
    seen = np.round(np.clip(warped, 0, 255)).astype(np.uint8)
    mask = crop.share(alignment.mask) > 0.5
    return comparison_sheet(crop.cut(case.image.rgb), seen, valid, mask, _described(hypothesis))


def _described(hypothesis: "Hypothesis") -> str:
    support = hypothesis.support
    bent = "" if hypothesis.transform.displacement is None else ", bent"
    return (
        f"by the transform: {support.source}, {support.model}{bent}, "
        f"agreement with the surroundings {hypothesis.band.agreement:.2f}"
    )
