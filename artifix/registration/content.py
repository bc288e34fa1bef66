"""What the crop around a mask group shows, artifact included, cell by cell, beside the reference."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.geometry import Box, Crop, crop_around, resize, squared
from artifix.matching.descriptors import CELLS, SIDE_PX, Describe
from artifix.registration import tuning
from artifix.registration.transform import Transform
from artifix.scene import Scene


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """The crop around one mask group, described.

    Attributes:
        box: of the image, a square that may reach beyond it.
        picture: (SIDE_PX, SIDE_PX, 3) uint8 RGB.
        native_px: side at which pictures are sampled before they are enlarged: both are as soft.
        mask: (CELLS, CELLS) float32 in [0, 1], share of the mask in a cell.
        shown: (CELLS, CELLS) float32 in [0, 1], share of a cell inside the image.
        descriptors: (CELLS, CELLS, D).
        describe: what described it.
    """

    box: Box
    picture: NDArray[np.uint8]
    native_px: int
    mask: NDArray[np.float32]
    shown: NDArray[np.float32]
    descriptors: NDArray[np.float32]
    describe: Describe

    def view(self, transforms: Sequence[Transform], reference: NDArray[np.uint8]) -> list["Seen"]:
        """The reference in this frame, by each transform."""
        if not transforms:
            return []
        size = (self.native_px, self.native_px)
        warped = [t.warp_reference(reference, self.box, size) for t in transforms]
        pictures = [_enlarged(np.clip(picture, 0, 255).astype(np.uint8)) for picture, _ in warped]
        shares = [_in_cells(valid.astype(np.float32)) for _, valid in warped]
        return [Seen(*parts) for parts in zip(pictures, shares, self.describe(pictures), strict=True)]

    def matrix(self) -> NDArray[np.float64]:
        """3x3 map from image points to points of the frame's picture."""
        return Crop(self.box, (SIDE_PX, SIDE_PX)).matrix()


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The reference in the frame of a content."""

    picture: NDArray[np.uint8]  # (SIDE_PX, SIDE_PX, 3) RGB
    valid: NDArray[np.float32]  # (CELLS, CELLS) in [0, 1], share of a cell that the reference shows
    descriptors: NDArray[np.float32]  # (CELLS, CELLS, D)


def content_of(scene: Scene, describe: Describe) -> Content:
    """The crop around the scene's mask group; its mask has a True pixel."""
    box = squared(crop_around(scene.mask, tuning.REGISTRATION.content_context))
    native = min(SIDE_PX, box.width)
    crop = Crop(box, (native, native))
    picture = _enlarged(crop.cut(scene.image))
    inside = box.clip(*scene.mask.shape)
    shown = np.zeros((box.height, box.width), np.float32)
    shown[Box(*np.subtract(inside.as_tuple(), (box.left, box.top) * 2).tolist()).slices()] = 1
    mask = _in_cells(crop.share(scene.mask))
    return Content(box, picture, native, mask, _in_cells(shown), describe([picture])[0], describe)


def likeness(content: Content, seen: Seen) -> NDArray[np.float32]:
    """(CELLS, CELLS) in [-1, 1], how alike crop and reference are, each cell with its neighbours."""
    return np.asarray(cv2.blur((content.descriptors * seen.descriptors).sum(-1), (3, 3)), np.float32)


def agreement(
    scene: Scene, transform: Transform, describe: Describe, box: Box, size: tuple[int, int]
) -> NDArray[np.float32]:
    """How far image and reference show the same around the scene's mask.

    Args:
        scene: image, mask and reference.
        transform: from the image to the reference.
        describe: what describes the cells of pictures.
        box: of the image, in whose frame the answer is wanted.
        size: (height, width) of the answer.

    Returns:
        (height, width) float32 in (0, 1].
    """
    tuned = tuning.REGISTRATION
    content = content_of(scene, describe)
    alike = likeness(content, content.view([transform], scene.reference)[0])
    matrix = Crop(box, size).matrix() @ np.linalg.inv(Crop(content.box, (CELLS, CELLS)).matrix())
    spread = cv2.warpAffine(alike, matrix[:2], size[::-1], borderMode=cv2.BORDER_REPLICATE)
    low, high = tuned.content_different, tuned.content_same
    return np.asarray(np.clip((spread - low) / (high - low), tuned.content_least_agreement, 1), np.float32)


def likeness_of(
    content: Content, reference: NDArray[np.uint8], transforms: Sequence[Transform]
) -> list[float]:
    """How alike the pictures are by each transform, in [-1, 1]; the mask counts most."""
    return [likeness_in(content, seen) for seen in content.view(transforms, reference)]


def weights_of(content: Content, seen: Seen, inside: float | None = None) -> NDArray[np.float32]:
    """(CELLS, CELLS) how much each cell counts; `inside` is the weight of one in the mask, None: 1 more."""
    around = tuning.REGISTRATION.content_surroundings
    inside = 1.0 + around if inside is None else inside
    share = around + (inside - around) * content.mask
    return np.asarray(share * content.shown * seen.valid, np.float32)


def _enlarged(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return resize(picture, (SIDE_PX, SIDE_PX))


def _in_cells(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(plane, (CELLS, CELLS), interpolation=cv2.INTER_AREA), np.float32)


def likeness_in(content: Content, seen: Seen, weight: NDArray[np.float32] | None = None) -> float:
    """Mean likeness, weighed by (CELLS, CELLS) `weight` or `weights_of`; 0 where hardly any is shown."""
    weight = weights_of(content, seen) if weight is None else weight
    return float((likeness(content, seen) * weight).sum() / max(float(weight.sum()), 1.0))
