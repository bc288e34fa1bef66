"""AnyDoor: strips of reference, target and result.

Its run_inference.py writes one picture for each garment of a VITON-HD test set, under the garment's name into
a folder (VITONGEN): the reference, the picture before and the result, side by side, all of one size. So this
relies on three panels of equal width, the reference on the left and the result on the right. (Its example for
a single picture makes the reference square: such a strip is no three equal panels unless all of it is
square.)
"""

from pathlib import Path

from artifix.box import Box
from artifix.errors import InputError
from artifix.inputs.layouts.folders import Found, Repair, Sources, pictures, size_of, with_masks
from artifix.setting_names import setting

PANELS = 3


def find(sources: Sources) -> Found:
    """A repair of the result of every strip that has a mask, as large as the strip or as one panel.

    Raises:
        InputError: a strip cannot be read or divided, or its mask has another size.
    """
    if sources.references is not None:
        raise InputError(
            f"{sources.references}: strips hold their own references",
            f"drop {setting('references')} for this layout",
        )
    return with_masks(pictures(sources.folder), sources, lambda image, mask: [_repair(image, mask)])


def _repair(image: Path, mask: Path) -> Repair:
    height, width = size_of(image)
    if width % PANELS:
        raise InputError(
            f"{image}: {width} px are not divisible by {PANELS}: no strip of reference, target and result",
            "give the strips as AnyDoor wrote them",
        )
    panel = width // PANELS
    result = Box(width - panel, 0, width, height)
    crops = {"image": result, "reference": Box(0, 0, panel, height)}
    size = size_of(mask)
    if size == (height, width):
        crops["mask"] = result
    elif size != (height, panel):
        raise InputError(
            f"{mask}: is {size[1]}x{size[0]} px, the strip {width}x{height}, its panel {panel}x{height}",
            "draw the mask on the strip, or on the result alone",
        )
    return Repair(image.stem, image, mask, (image,), crops)
