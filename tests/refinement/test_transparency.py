"""The alpha of a repaired image."""

import numpy as np
import pytest

from artifix.refinement.transparency import opaque_where_repainted, transparency_note

ARTIFACT = (40, 40, 90, 80)


def drawn(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros((200, 240), bool)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = True
    return mask


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_an_erased_artifact_is_opaque_where_it_was_repainted(dtype):
    top = np.iinfo(dtype).max
    hole = drawn((50, 50, 80, 70))
    alpha = np.where(hole, 0, top).astype(dtype)
    repainted = drawn((45, 45, 85, 75)).astype(np.float32)
    assert (opaque_where_repainted(alpha, [repainted]) == top).all()
    soft = opaque_where_repainted(alpha, [0.5 * repainted])
    assert abs(int(soft[60, 60]) - top // 2) <= 1


def test_the_outline_of_a_cut_out_stays():
    alpha = np.where(drawn((60, 40, 180, 160)), 255, 0).astype(np.uint8)
    repainted = drawn((40, 80, 100, 120)).astype(np.float32)  # reaches beyond the outline
    assert np.array_equal(opaque_where_repainted(alpha, [repainted]), alpha)


def test_alpha_stays_where_nothing_was_repainted():
    alpha = np.random.default_rng(0).integers(0, 256, (200, 240)).astype(np.uint8)
    repainted = drawn(ARTIFACT).astype(np.float32)
    changed = opaque_where_repainted(alpha, [repainted]) != alpha
    assert not changed[repainted == 0].any()


def test_an_image_without_alpha_gets_none():
    assert opaque_where_repainted(None, [drawn(ARTIFACT)]) is None


def test_a_hole_that_is_a_little_wider_than_the_mask_was_erased():
    alpha = np.where(drawn((48, 48, 82, 72)), 0, 255).astype(np.uint8)
    repainted = drawn((50, 50, 80, 70)).astype(np.float32)
    found = opaque_where_repainted(alpha, [repainted])
    assert (found[repainted > 0] == 255).all()
    assert np.array_equal(found[repainted == 0], alpha[repainted == 0])
    assert transparency_note(found, [repainted]) == ""


def test_what_stays_transparent_is_told():
    alpha = np.where(drawn((0, 0, 60, 200)), 0, 255).astype(np.uint8)
    repainted = drawn((40, 80, 100, 120)).astype(np.float32)
    said = transparency_note(opaque_where_repainted(alpha, [repainted]), [repainted])
    assert "800 px of what was repainted stay transparent" in said
    assert transparency_note(None, [repainted]) == ""
