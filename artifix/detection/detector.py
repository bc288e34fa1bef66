"""Propose masks: where an image and its reference, laid onto each other, disagree."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from artifix.detection import MOST, THRESHOLD, tuning
from artifix.detection.classifier import load_classifier, probability
from artifix.detection.comparison import planes_of
from artifix.detection.features import features_of
from artifix.detection.laying import lay
from artifix.detection.proposals import mask_over, parts_of
from artifix.geometry import Box, box_of


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A part of the image that may be an artifact."""

    mask: NDArray[np.bool_]  # (H, W)
    box: Box  # around it, in pixels of the image
    score: float  # probability that it is one, in [0, 1]
    text: float  # how print-like it is, 0 to about 1


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """What was found in an image."""

    probability: NDArray[np.float32]  # (H, W) in [0, 1], of an artifact; 0 beyond the frame
    proposals: tuple[Proposal, ...]  # print first where scores are near each other; perhaps none
    frame: Box  # what was compared, in pixels of the image
    matches: int  # that lie on the warp

    def marked(self, threshold: float = THRESHOLD) -> NDArray[np.bool_]:
        """(H, W) all proposals whose score reaches the threshold."""
        mask = np.zeros(self.probability.shape, np.bool_)
        for proposal in self.proposals:
            if proposal.score >= threshold:
                mask |= proposal.mask
        return mask


def detect(
    image: NDArray[np.uint8], reference: NDArray[np.uint8], most: int = MOST, name: str = "reference"
) -> Detection:
    """Where image and reference disagree.

    Args:
        image: (H, W, 3) RGB.
        reference: (H_ref, W_ref, 3) RGB, a photo of the same object.
        most: proposals at most.
        name: of the reference, for messages.

    Raises:
        NoMatchError: they do not show the same thing.
        WeightsError: the classifier, or XFeat's weights, were changed.
    """
    classifier = load_classifier()
    laid = lay(image, reference, name)
    planes = planes_of(laid)
    odds = classifier.cells(features_of(planes))
    rated = [(classifier.traits(part.traits), part) for part in parts_of(odds, planes)]
    rated.sort(key=lambda pair: -(pair[0] + tuning.DETECTION.text_bonus * pair[1].text))
    proposals = []
    for logit, part in rated[:most]:
        mask = mask_over(part, laid.crop, image.shape[:2])
        proposals.append(Proposal(mask, box_of(mask), float(probability(logit)), part.text))
    whole, box = np.zeros(image.shape[:2], np.float32), laid.crop.box
    seen = probability(odds).astype(np.float32) * (planes["valid"] > 0.5)
    whole[box.slices()] = cv2.resize(seen, (box.width, box.height), interpolation=cv2.INTER_LINEAR)
    return Detection(np.clip(whole, 0, 1), tuple(proposals), box, len(laid.points))
