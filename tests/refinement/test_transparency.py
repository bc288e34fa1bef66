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


def test_what_several_parts_repaint_is_made_opaque_by_the_strongest_of_them():
    alpha = np.full((4, 6), 100, np.uint8)
    alpha[0] = 255
    strong, weak = np.zeros((2, 4, 6), np.float32)
    strong[1:, :3], weak[1:, :] = 1, 0.2
    found = opaque_where_repainted(alpha, [strong, weak])
    assert (found[1:, :3] == 255).all()
    assert (found[1:, 3:] == 131).all()  # 100 + 0.2 * 155
    assert (found[0] == 255).all()


@pytest.mark.parametrize(("columns", "is_erased"), [(1, False), (2, True)])
def test_a_hole_that_lies_half_in_the_mask_was_erased_whatever_other_holes_there_are(columns, is_erased):
    alpha = np.full((20, 20), 255, np.uint8)
    alpha[2:4, 2:6] = 0
    alpha[8:, 8:] = 0  # a much larger one outside
    repainted = np.zeros((20, 20), np.float32)
    repainted[2:4, 2 : 2 + columns] = 1
    found = opaque_where_repainted(alpha, [repainted])
    assert (found[2:4, 2 : 2 + columns] == (255 if is_erased else 0)).all()
    assert (found[2:4, 2 + columns : 6] == 0).all()
    assert (found[8:, 8:] == 0).all()


def test_an_alpha_that_is_opaque_where_it_was_repainted_is_handed_back_as_it_is():
    alpha = np.full((6, 8), 255, np.uint8)
    alpha[:, :2] = 30
    repainted = np.zeros((6, 8), np.float32)
    assert opaque_where_repainted(alpha, [repainted]) is alpha
    repainted[:, 4:] = 1
    assert opaque_where_repainted(alpha, [repainted]) is alpha


@pytest.mark.parametrize(("clear_px", "is_told"), [(1, False), (2, True)])
def test_more_than_a_twentieth_of_what_was_repainted_must_be_clear_to_be_told(clear_px, is_told):
    alpha = np.full((10, 10), 255, np.uint8)
    parts = np.zeros((2, 10, 10), np.float32)
    parts[0, :2, :5], parts[1, 2:4, :5] = 0.5, 1  # 20 px
    parts[0, 5:] = 0.4  # too little of it is repainted
    alpha[0, :clear_px], alpha[5:] = 127, 0
    said = transparency_note(alpha, list(parts))
    assert said.startswith(f"{clear_px} px ") if is_told else said == ""
    alpha[0, :clear_px] = 128
    assert transparency_note(alpha, list(parts)) == ""
