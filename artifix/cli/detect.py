"""`artifix detect`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from artifix.cli import options
from artifix.cli.console import Console
from artifix.cli.options import argument, option
from artifix.detection import MOST, THRESHOLD
from artifix.errors import UsageError

if TYPE_CHECKING:
    from artifix.detection.detector import Detection
    from artifix.inputs.images import Picture

_MOST_PROPOSALS = 50


@dataclass(frozen=True, slots=True)
class DetectOptions:
    """Which pictures, what counts, and where to."""

    image: Annotated[Path, argument("IMAGE", "The image to look for artifacts in.")]
    ref: Annotated[
        list[Path],
        option("--ref -r", "A photo of the same object; of several the one that fits best is used.", "FILE"),
    ]
    out: Annotated[
        Path | None,
        option("--out -o", "Folder for the results. Default: <IMAGE>-detected beside the image.", "DIR"),
    ] = None
    threshold: Annotated[
        float,
        option("--threshold", "Probability from which on a proposal is marked.", "P", min=0.0, max=1.0),
    ] = THRESHOLD
    proposals: Annotated[
        int, option("--proposals", "How many are told at most.", "N", min=1, max=_MOST_PROPOSALS)
    ] = MOST
    overwrite: options.Overwrite = False


def detect(*, asked: DetectOptions, speech: options.SpeechOptions) -> None:
    """Propose masks: where the image and the reference, laid onto it, disagree.

    Writes probability.png, mask.png, a mask for each proposal, detected.png and record.json. The exit code is
    9, and no mask is written, where they agree; 5 where the reference shows something else.
    """
    from artifix.detection.proposing import detect_best, nothing_found
    from artifix.inputs.case import check_reference
    from artifix.inputs.images import read_picture
    from artifix.outputs.detected import detected_files
    from artifix.outputs.save import check_output, save_result

    console = Console(speech.quiet, speech.json)
    folder = asked.out or asked.image.parent / f"{asked.image.stem}-detected"
    if folder.suffix.lower() == ".png" and not folder.is_dir():
        raise UsageError(
            f"--out {folder} names a picture, and a folder of results is written", "name a folder"
        )
    paths = [asked.image, *asked.ref]
    image, *references = [read_picture(path) for path in paths]
    for reference in references:
        check_reference(reference, image)
    check_output(folder, asked.overwrite, paths, _names())
    reference, found = detect_best(image, references, asked.proposals)
    record = _record(asked, image, reference, found)
    files = detected_files(image.rgb, found.probability, _marked(found, asked.threshold), record)
    save_result(folder, files, asked.overwrite, paths)
    told = {**record, "out": str(folder), "files": sorted(files)}
    marked = [one for one in found.proposals if one.score >= asked.threshold]
    if not marked:
        if speech.json:
            console.result("", told)
        raise nothing_found(image, reference, found, asked.threshold)
    places = "; ".join(f"{','.join(map(str, one.box.as_tuple()))} (score {one.score:.2f})" for one in marked)
    count = "1 part" if len(marked) == 1 else f"{len(marked)} parts"
    console.result(f"{folder / 'mask.png'}: {count} marked: {places}", told)


def _names() -> list[str]:
    """Files that an earlier result may hold, whatever was asked for then."""
    masks = (f"mask-{rank}.png" for rank in range(1, _MOST_PROPOSALS + 1))
    return ["probability.png", "mask.png", "detected.png", *masks]


def _marked(found: "Detection", threshold: float) -> list[tuple[Any, bool]]:
    """The mask of each proposal, and whether it reaches the threshold."""
    return [(proposal.mask, proposal.score >= threshold) for proposal in found.proposals]


def _record(
    asked: DetectOptions, image: "Picture", reference: "Picture", found: "Detection"
) -> dict[str, Any]:
    """What record.json says, JSON-ready; names of files without their folders."""
    from artifix import __version__
    from artifix.detection import DETECTOR
    from artifix.outputs.encode import encodable

    return {
        "artifix": __version__,
        "command": "detect",
        "detector": DETECTOR,
        "threshold": asked.threshold,
        "inputs": {
            name: {"name": encodable(picture.path.name), "sha256": picture.sha256}
            for name, picture in (("image", image), ("reference", reference))
        },
        "compared": list(found.frame.as_tuple()),
        "matches": found.matches,
        "proposals": [
            {
                "mask": f"mask-{rank}.png",
                "box": list(one.box.as_tuple()),
                "score": round(one.score, 4),
                "print": round(one.text, 3),
                "area_px": int(one.mask.sum()),
                "marked": one.score >= asked.threshold,
            }
            for rank, one in enumerate(found.proposals, 1)
        ],
    }
