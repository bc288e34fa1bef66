"""A case: the image, what to repaint in it, and the reference."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from artifix.config import AlignmentConfig
from artifix.errors import InputError
from artifix.geometry import Box
from artifix.inputs.hint import Hint
from artifix.inputs.images import (
    Picture,
    read_picture,
)
from artifix.inputs.marking import marked_by
from artifix.inputs.request import IMAGE_ALPHA, MaskSource
from artifix.inputs.softness import levels_of
from artifix.setting_names import setting

MASK_THRESHOLD = AlignmentConfig().mask_threshold


@dataclass(frozen=True, eq=False)
class Case:
    """What one repair starts from. The mask has the image's size; the reference has its own."""

    image: Picture
    blend: NDArray[np.float32]  # (H, W) in [0, 1]: share of each image pixel to repaint
    reference: Picture
    mask_sha256: str = ""  # of the mask file's bytes, or of the array
    paths: tuple[Path, ...] = ()  # the files read; none for a case made of arrays
    hint: Hint = field(default_factory=Hint)  # what a person says of the match
    crops: Mapping[str, Box] = field(default_factory=dict)  # of "image", ...: the part meant
    threshold: float = MASK_THRESHOLD  # share of its part's lightest pixel that marks the artifact
    notes: tuple[str, ...] = ()  # what is odd about the files, for a person
    proposed: Mapping[str, Any] | None = (
        None  # how the mask was proposed, JSON-ready; None of one that was drawn
    )

    @cached_property
    def levels(self) -> NDArray[np.float32]:
        """(H, W): from which share on a pixel is taken for the artifact."""
        return levels_of(self.blend, self.threshold)

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        """(H, W) True on the artifact. Around it `blend` may be soft."""
        return self.blend >= self.levels

    @cached_property
    def spoiled(self) -> NDArray[np.bool_]:
        """(H, W) True where the artifact may show: in its part's tail too, where that is half as light."""
        is_hard = not any(self.levels.strides)
        return self.mask if is_hard else self.blend > self.levels / 2

    def cut_at(self, threshold: float) -> "Case":
        """The same case with another threshold, in (0, 1]."""
        return self if threshold == self.threshold else replace(self, threshold=threshold)

    @property
    def digests(self) -> dict[str, str]:
        """sha256 of each input, by the input's name."""
        return {"image": self.image.sha256, "mask": self.mask_sha256, "reference": self.reference.sha256}


def read_case(
    image_path: Path,
    mask_path: Path,
    reference_path: Path,
    *,
    fit_mask: bool = False,
    invert_mask: bool = False,
    mask_from: MaskSource = "auto",
    crops: Mapping[str, Box] | None = None,
) -> Case:
    """Read and check the three files of a case.

    Args:
        image_path: the image with the artifact.
        mask_path: white where the image is to be repainted; see `inputs.marking.marked_by`. The image
            itself where `mask_from` is "image-alpha".
        reference_path: a photo of the same object, of any size.
        fit_mask: resize a mask of another size than the image.
        invert_mask: black is repainted instead of white.
        mask_from: "luminance", "alpha", "image-alpha", or "auto" to tell by the file.
        crops: the part of a file that is meant, in its pixels, by "image", "mask" and "reference"; a missing
            one means all of it.

    Raises:
        InputError: a file cannot be used, or the three do not fit each other.
    """
    crops = crops or {}
    image = read_picture(image_path, crop=crops.get("image"))
    mask = image
    if mask_from != IMAGE_ALPHA:
        mask = read_picture(mask_path, least_side_px=1, crop=crops.get("mask"))
        _check_other(mask, image, mask_from, crops)
    marked = marked_by(mask, image.size, source=mask_from, invert=invert_mask, fit=fit_mask)
    reference = _reference(image, reference_path, crops)
    paths = (image_path, mask.path, reference_path)
    return Case(image, marked.blend, reference, mask.sha256, paths, crops=crops, notes=marked.notes)


def with_reference(case: Case, reference_path: Path, crop: Box | None = None) -> Case:
    """The same image and mask with another reference, and no hint.

    Raises:
        InputError: the reference cannot be used.
    """
    crops = {name: box for name, box in {**case.crops, "reference": crop}.items() if box is not None}
    reference = _reference(case.image, reference_path, crops)
    return replace(case, reference=reference, paths=(*case.paths[:2], reference_path), hint=Hint())


def _check_other(mask: Picture, image: Picture, source: MaskSource, crops: Mapping[str, Box]) -> None:
    """Raise InputError if the mask is the image, and nothing says that this is meant."""
    if source == "auto" and mask.sha256 == image.sha256 and crops.get("mask") == crops.get("image"):
        raise InputError(
            f"{mask.path}: the mask is the image itself",
            "give a mask, white on the artifact; if the artifact was erased from the image, "
            f"pass {setting('mask_from', 'image-alpha')} instead",
        )


def _reference(image: Picture, path: Path, crops: Mapping[str, Box]) -> Picture:
    """The reference at `path`, checked."""
    reference = read_picture(path, crop=crops.get("reference"))
    check_reference(reference, image)
    return reference


def check_reference(reference: Picture, image: Picture) -> None:
    """Raise InputError if the reference shows nothing, or the very same as the image, artifact included."""
    if reference.alpha is not None and not reference.alpha.any():
        raise InputError(
            f"{reference.path}: the reference is transparent everywhere, nothing of it is seen",
            "save it without transparency, or give another photo",
        )
    if reference.size == image.size and np.array_equal(reference.pixels, image.pixels):
        raise InputError(
            f"{reference.path}: the reference is the same picture as the image {image.path}, "
            "artifact included",
            "give another photo of the object, which shows it without the artifact",
        )
