"""Laying the reference onto the image, and the warp."""

import cv2
import numpy as np
import pytest

from artifix.detection.laying import lay
from artifix.detection.warping import flow_left


@pytest.mark.slow
def test_the_reference_lies_on_the_image_though_a_part_is_wrong(pair):
    laid = lay(pair.image, pair.reference)
    clean = laid.crop.cut(pair.clean).astype(float)
    right = laid.crop.cut(pair.mask) == 0
    shown = np.abs(clean.mean(-1) - laid.reference.mean(-1))[right & laid.valid]
    assert np.median(shown) < 25
    assert len(laid.points) > 50


@pytest.mark.slow
def test_the_frame_is_around_the_object_and_not_the_whole_image(pair):
    wide = cv2.copyMakeBorder(pair.image, 300, 300, 300, 300, cv2.BORDER_CONSTANT, value=(90, 90, 90))
    box = lay(wide, pair.reference).crop.box
    assert box.width < 0.6 * wide.shape[1]
    assert box.left <= 350
    assert box.right >= 650


@pytest.mark.slow
def test_the_wrong_part_does_not_bend_the_warp(pair):
    bent, straight = lay(pair.image, pair.reference), lay(pair.clean, pair.reference)
    points = np.array([[180.0, 180.0], [150, 170], [220, 200]])  # inside the artifact
    assert np.linalg.norm(bent.transform.points(points) - straight.transform.points(points), axis=1).max() < 6


def test_a_frame_too_small_for_the_flow_has_none():
    tiny = np.zeros((10, 40, 3), np.uint8)
    assert not flow_left(tiny, tiny).any()
