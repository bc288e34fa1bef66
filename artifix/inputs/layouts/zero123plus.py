"""Zero123++: sheets of six views.

Its pipeline makes one picture of 640x960 px: two columns and three rows of square views, in the order of its
camera poses from left to right, then downwards. Scripts save it under any name (output.png in the examples).
The input view is not saved with it, so this relies on the user to lay it into references/ under the sheet's
name.
"""

from pathlib import Path

from artifix.box import Box
from artifix.errors import InputError
from artifix.inputs.layouts.folders import Found, Repair, Shelf, Sources, pictures, required, with_masks

COLUMNS, ROWS = 2, 3


def find(sources: Sources) -> Found:
    """A repair of every view in which the sheet's mask, as large as the sheet, marks something.

    Raises:
        InputError: a sheet or its mask cannot be read or is of another form, or its input view is missing.
    """
    references = Shelf(sources.references_folder)

    def repairs_of(image: Path, mask: Path) -> list[Repair]:
        reference = required(references, image, image.stem)
        return [
            Repair(f"{image.stem}-view{number}", image, mask, (reference,), {"image": view, "mask": view})
            for number, view in _marked_views(image, mask)
        ]

    return with_masks(pictures(sources.folder), sources, repairs_of)


def _marked_views(image: Path, mask: Path) -> list[tuple[int, Box]]:
    from artifix.inputs.images import read_picture  # loads numpy, which manifests do without
    from artifix.inputs.marking import marked_by

    height, width = read_picture(image).size
    side = width // COLUMNS
    if (height, width) != (ROWS * side, COLUMNS * side):
        raise InputError(
            f"{image}: {width}x{height} px is no sheet of {COLUMNS} by {ROWS} square views",
            "give the sheets as Zero123++ wrote them",
        )
    blend = marked_by(read_picture(mask, least_side_px=1), (height, width)).blend
    corners = [(column * side, row * side) for row in range(ROWS) for column in range(COLUMNS)]
    views = [Box(left, top, left + side, top + side) for left, top in corners]
    return [(number, view) for number, view in enumerate(views, 1) if blend[view.slices()].any()]
