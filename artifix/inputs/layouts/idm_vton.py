"""IDM-VTON: try-on results of VITON-HD, one for each person.

Its inference.py writes each result into one folder (result) under the name of the person's picture
(00013_00.jpg). The garment lies in the folder cloth of the data set: under the same name in a paired run,
under the name in the second column of test_pairs.txt (person garment) in an unpaired one. A result does not
tell which run it is from, so this takes the run for a paired one unless test_pairs.txt lies among the
results. Runs on DressCode name their garments otherwise.
"""

from pathlib import Path

from artifix.errors import InputError
from artifix.inputs.layouts.folders import Found, Repair, Shelf, Sources, pictures, required, with_masks
from artifix.inputs.table import read_text

PAIRS = "test_pairs.txt"


def find(sources: Sources) -> Found:
    """A repair of every result that has a mask, after the garment in the references, by default cloth/.

    Raises:
        InputError: the garment of a result is missing, or the pairs are none.
    """
    garments = Shelf(sources.references or sources.folder / "cloth")
    pairs = sources.folder / PAIRS
    garment_of = _read_pairs(pairs) if pairs.exists() else None

    def repairs_of(image: Path, mask: Path) -> list[Repair]:
        if garment_of is not None and image.name not in garment_of:
            raise InputError(f"{pairs}: has no line for {image.name}", "add it, or remove the file")
        name = image.stem if garment_of is None else Path(garment_of[image.name]).stem
        return [Repair(image.stem, image, mask, (required(garments, image, name),))]

    return with_masks(pictures(sources.folder), sources, repairs_of)


def _read_pairs(path: Path) -> dict[str, str]:
    """The garment of each person, by file name."""
    pairs: dict[str, str] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if len(words) != 2 or pairs.setdefault(words[0], words[1]) != words[1]:
            raise InputError(
                f"{path}: line {number}: is not a person and one garment",
                "write both names, once for each person",
            )
    return pairs
