"""The nodes `artifix locate` and `artifix refine`.

ComfyUI's IMAGE is (B, H, W, C) float32 in [0, 1], its MASK (B, H, W) float32 in [0, 1], both on the CPU.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from artifix import locate, refine
from artifix.errors import InputError, NoMatchError
from artifix.outputs.overlay import heat_map

CATEGORY = "artifix"
STOP, KEEP = "stop", "keep the image"
_IMAGE = ("IMAGE", {"tooltip": "The generated image."})
_MASK = ("MASK", {"tooltip": "White where it went wrong: drawn generously, it is repainted as a whole."})
_REFERENCE = ("IMAGE", {"tooltip": "A photo of the real object."})
_SEED = ("INT", {"default": 0, "min": 0, "max": 2**32 - 1})
_WEIGHTS = (
    "STRING",
    {"default": "", "tooltip": "A name that `artifix weights list` tells, or a folder; empty: the bundled."},
)


class ArtifixLocate:
    """Find where the reference shows the masked part of the image."""

    CATEGORY = CATEGORY
    FUNCTION = "locate"
    RETURN_TYPES = ("IMAGE", "MASK", "FLOAT", "STRING")
    RETURN_NAMES = ("heat map", "region", "confidence", "said")
    DESCRIPTION = "Find where the reference shows the masked part; nothing is repainted."

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, dict[str, Any]]:
        """What ComfyUI offers to connect and to set."""
        return {
            "required": {"image": _IMAGE, "mask": _MASK, "reference": _REFERENCE},
            "optional": {"seed": _SEED, "weights": _WEIGHTS},
        }

    def locate(
        self, image: Tensor, mask: Tensor, reference: Tensor, seed: int = 0, weights: str = ""
    ) -> tuple[Tensor, Tensor, float, str]:
        """The heat map over the reference, its region, the least confidence, and what there is to say.

        Args:
            image: IMAGE.
            mask: MASK of one picture for each image, or of one for all.
            reference: IMAGE of one picture for each image, or of one for all.
            seed: of the noise.
            weights: name or folder; "" the bundled ones.

        Raises:
            ArtifixError: sizes do not fit, or the mask is empty.
        """
        heats, regions, confidences, said = [], [], [], []
        for picture, marked, shown in _cases(image, mask, reference):
            try:
                found = locate(picture, marked, shown, seed=seed, **_of(weights))
            except NoMatchError as error:  # its best guess is still worth a look
                found = error.found
                said.append(str(error))
            correspondence = np.max([one.correspondence for one in found.alignments], axis=0)
            region = np.logical_or.reduce([one.region for one in found.alignments])
            heats.append(_to_tensor(heat_map(correspondence, shown, region)))
            regions.append(torch.from_numpy(region.astype(np.float32)))
            confidences.append(min(one.confidence for one in found.alignments))
        return torch.stack(heats), torch.stack(regions), float(min(confidences)), "\n".join(said)


class ArtifixRefine:
    """Repaint the masked part of the image after the reference."""

    CATEGORY = CATEGORY
    FUNCTION = "refine"
    RETURN_TYPES = ("IMAGE", "FLOAT", "FLOAT", "STRING")
    RETURN_NAMES = ("image", "confidence", "repair confidence", "said")
    DESCRIPTION = "Repaint the masked part after the reference; nothing outside the mask changes."

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, dict[str, Any]]:
        """What ComfyUI offers to connect and to set."""
        return {
            "required": {"image": _IMAGE, "mask": _MASK, "reference": _REFERENCE},
            "optional": {
                "seed": _SEED,
                "candidates": ("INT", {"default": 1, "min": 1, "max": 16}),
                "no_match": ([STOP, KEEP], {"tooltip": "What to do where the reference does not match."}),
                "force": ("BOOLEAN", {"default": False, "tooltip": "Repaint after the best guess."}),
                "weights": _WEIGHTS,
            },
        }

    def refine(
        self,
        image: Tensor,
        mask: Tensor,
        reference: Tensor,
        seed: int = 0,
        candidates: int = 1,
        no_match: str = STOP,
        force: bool = False,
        weights: str = "",
    ) -> tuple[Tensor, float, float, str]:
        """The repaired images, the least confidence of place and of repair, and what there is to say.

        Args:
            image: IMAGE.
            mask: MASK of one picture for each image, or of one for all.
            reference: IMAGE of one picture for each image, or of one for all.
            seed: of the noise.
            candidates: drawings of each part, of which the best is taken.
            no_match: STOP raises, KEEP leaves the image as it is, with confidences of 0.
            force: repaint after the best guess.
            weights: name or folder; "" the bundled ones.

        Raises:
            ArtifixError: sizes do not fit, the mask is empty, or nothing matches.
        """
        repaired, confidences, repairs, said = [], [], [], []
        told = _progress_bar(image)
        for i, (picture, marked, shown) in enumerate(_cases(image, mask, reference)):
            wanted = {"seed": seed, "candidates": candidates, "force": force, **_of(weights)}
            try:
                result = refine(picture, marked, shown, progress=told(i), **wanted)
            except NoMatchError as error:
                if no_match == STOP:
                    raise
                repaired.append(image[i])
                confidences.append(0.0)
                repairs.append(0.0)
                said.append(str(error))
                continue
            repaired.append(_changed(image[i], picture, result.refined))
            confidences.append(min(one.confidence for one in result.alignments))
            repairs.append(min(one.repair_confidence for one in result.alignments))
            said += result.notes
        return torch.stack(repaired), float(min(confidences)), float(min(repairs)), "\n".join(said)


NODE_CLASS_MAPPINGS: dict[str, type] = {"ArtifixLocate": ArtifixLocate, "ArtifixRefine": ArtifixRefine}
NODE_DISPLAY_NAME_MAPPINGS: dict[str, str] = {
    "ArtifixLocate": "Locate in reference (artifix)",
    "ArtifixRefine": "Repair from reference (artifix)",
}


def _cases(
    image: Tensor, mask: Tensor, reference: Tensor
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.uint8]]]:
    """Each image with its mask and reference; one of these serves all images."""
    for name, batch in (("mask", mask), ("reference", reference)):
        if len(batch) not in (1, len(image)):
            raise InputError(
                f"{len(batch)} of {name} for {len(image)} of image", "connect one, or one for each"
            )
    for i in range(len(image)):
        marked = mask[i if len(mask) > 1 else 0].numpy().astype(np.float32)
        shown = reference[i if len(reference) > 1 else 0]
        yield _to_array(image[i]), marked, _to_array(shown)


def _of(weights: str) -> dict[str, str]:
    return {"weights": weights} if weights else {}


def _to_array(picture: Tensor) -> NDArray[np.uint8]:
    """(H, W, C) in [0, 1] to (H, W, 3) uint8."""
    return (picture[..., :3] * 255).round().clamp(0, 255).byte().numpy()


def _to_tensor(picture: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(picture.astype(np.float32) / 255)


def _changed(image: Tensor, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Tensor:
    """The image, (H, W, C), with the samples that changed: all others stay as they were, unrounded."""
    result = image.clone()
    result[..., :3] = torch.where(torch.from_numpy(before != after), _to_tensor(after), image[..., :3])
    return result


def _progress_bar(image: Tensor) -> Callable[[int], Callable[[str, int, int], None] | None]:
    """Tells ComfyUI's bar how far a repair is, where ComfyUI is there."""
    try:
        from comfy.utils import ProgressBar
    except ImportError:
        return lambda index: None
    bar = ProgressBar(100 * len(image))

    def of(index: int) -> Callable[[str, int, int], None]:
        def told(stage: str, done: int, total: int) -> None:
            half = 0 if stage == "align" else 50
            bar.update_absolute(100 * index + half + 50 * done // max(total, 1))

        return told

    return of
