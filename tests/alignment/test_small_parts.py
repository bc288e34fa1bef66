"""Parts of a mask that hold too little to be found."""

import cv2
import numpy as np
import pytest

from artifix.alignment.alignment import Alignment
from artifix.alignment.choice import confidence_of, refusal_of, refusal_to_repair
from artifix.alignment.small_parts import located, settled
from artifix.config import AlignmentConfig
from tests.alignment.conftest import aligned

SIZE = (400, 500)


def found(mask: np.ndarray, **known: object) -> Alignment:
    return aligned(mask=mask, **({"repair_confidence": 0.5} | known))


def boxed(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[top:bottom, left:right] = True
    return mask


LARGE, SMALL = boxed(50, 50, 200, 180), boxed(400, 300, 409, 308)
LINE = cv2.line(np.zeros(SIZE, np.uint8), (30, 350), (300, 220), 1, 1).astype(bool)


def test_a_small_part_that_is_not_sure_does_not_refuse_the_others():
    parts = [found(LARGE), found(SMALL, confidence=0.2)]
    assert refusal_of(parts, AlignmentConfig()) is not None
    parts = settled(parts, AlignmentConfig())
    assert [part.filled for part in parts] == [False, True]
    assert refusal_of(parts, AlignmentConfig()) is None
    assert confidence_of(parts) == 0.9
    assert located(parts) == parts[:1]


def test_a_small_part_that_is_sure_is_repaired_after_the_reference():
    assert not any(part.filled for part in settled([found(LARGE), found(SMALL)], AlignmentConfig()))


def test_a_small_part_alone_is_refused_where_it_is_not_found():
    (only,) = settled([found(SMALL, confidence=0.2)], AlignmentConfig())
    assert not only.filled


@pytest.mark.parametrize("mask", [LINE, boxed(100, 100, 101, 101), boxed(10, 10, 400, 12)])
def test_a_thin_part_alone_is_filled_where_it_is_not_found(mask):
    parts = settled([found(mask, confidence=0.2)], AlignmentConfig())
    assert parts[0].filled
    assert refusal_of(parts, AlignmentConfig()) is None
    assert confidence_of(parts) == 0.2  # of the best guess


def test_a_large_part_that_is_not_sure_is_refused_beside_thin_ones():
    parts = settled([found(LARGE, confidence=0.2), found(LINE, confidence=0.2)], AlignmentConfig())
    assert [part.filled for part in parts] == [False, True]
    assert "confidence 0.20" in refusal_of(parts, AlignmentConfig()).problem


def test_a_small_part_that_looks_mirrored_is_filled_and_not_refused():
    parts = settled([found(LARGE), found(SMALL, mirrored=True)], AlignmentConfig())
    assert parts[1].filled
    assert refusal_to_repair(parts, AlignmentConfig()) is None


def test_who_forces_a_guess_gets_it():
    parts = settled([found(LARGE), found(LINE, confidence=0.2)], AlignmentConfig(force=True))
    assert not any(part.filled for part in parts)


def test_nothing_but_filled_parts_is_not_placed_exactly():
    parts = settled([found(LINE, confidence=0.2, repair_confidence=0.0)], AlignmentConfig())
    assert refusal_to_repair(parts, AlignmentConfig()) is None
    assert "strict wants it exactly" in refusal_to_repair(parts, AlignmentConfig(strict=True)).problem


def test_a_small_part_whose_repair_would_be_bad_is_filled():
    parts = settled([found(LARGE), found(SMALL, repair_confidence=0.1)], AlignmentConfig())
    assert parts[1].filled


def test_where_most_is_masked_the_hint_names_the_other_side():
    most = boxed(0, 0, 500, 250)
    assert "invert_mask=True" in refusal_of([found(most, confidence=0.1)], AlignmentConfig()).hint
    assert "invert_mask=True" not in refusal_of([found(LARGE, confidence=0.1)], AlignmentConfig()).hint
