"""Which of several references is used, and what is refused."""

from dataclasses import replace

from artifix.alignment.alignment import Alignment
from artifix.alignment.choice import choose, refusal_of, refusal_of_all, refusal_to_repair
from artifix.config import AlignmentConfig
from tests.alignment.conftest import aligned

NAMES = ("front.png", "back.png", "side.png")


def found(*pairs: tuple[float, float | None]) -> tuple[Alignment, ...]:
    """The groups of one reference: (confidence, agreement), None for no transform."""
    return tuple(aligned(agreement, confidence=confidence) for confidence, agreement in pairs)


def test_the_most_confident_is_used():
    assert choose([found((0.5, 0.1)), found((0.9, 0.6)), found((0.7, 0.9))]) == 1


def test_a_reference_is_as_good_as_its_weakest_group():
    assert choose([found((0.9, 0.9), (0.3, 0.1)), found((0.6, 0.4), (0.5, 0.2))]) == 1


def test_of_equals_the_one_that_agrees_most_is_used():
    assert choose([found((0.6, None)), found((0.6, 0.4)), found((0.6, 0.2))]) == 1


def test_none_good_enough_is_refused_with_all_their_confidences():
    tried = [found((0.1, None)), found((0.2, 0.0)), found((0.05, None))]
    assert choose(tried) == 1
    refusal = refusal_of_all(tried, NAMES, AlignmentConfig())
    assert "none of 3 references" in refusal.problem
    assert "front.png 0.10, back.png 0.20, side.png 0.05; 0.55 is the least" in refusal.problem
    assert refusal_of_all(tried, NAMES, AlignmentConfig(force=True)) is None
    assert refusal_of_all([*tried, found((0.55, None))], (*NAMES, "top.png"), AlignmentConfig()) is None


def test_a_reference_is_refused_by_its_weakest_group_with_what_was_tried():
    parts = found((0.9, 0.9), (0.3, 0.1))
    refusal = refusal_of(parts, AlignmentConfig())
    assert "(confidence 0.30, 0.55 is the least; tried attention alone)" in refusal.problem
    assert "force=True" in refusal.hint
    assert refusal_of(parts, AlignmentConfig(force=True)) is None
    assert refusal_of(parts, AlignmentConfig(min_confidence=0.3)) is None
    assert refusal_of(found((0.9, 0.9), (0.55, 0.15)), AlignmentConfig()) is None


def test_a_match_taken_from_a_file_is_refused_as_such():
    (part,) = found((0.2, 0.1))
    refusal = refusal_of([replace(part, tried="")], AlignmentConfig())
    assert "the match that was given is not sure enough (confidence 0.20" in refusal.problem
    assert "checked or corrected" in refusal.hint


PLACED = {"exact": (0.7, "sift"), "rough": (0.25, "attention"), "region only": (None, "correspondence")}


def placed(*ways: str) -> list[Alignment]:
    """Groups that the reference is so placed for, of which one is as likely well repaired as not."""
    parts = [aligned(*PLACED[way], repair_confidence=0.5) for way in ways]
    assert [part.placed for part in parts] == list(ways)
    return parts


def test_strict_refuses_by_the_weakest_group_and_force_does_not_help():
    strict = AlignmentConfig(strict=True, force=True)
    assert refusal_to_repair(placed("exact", "exact"), strict) is None
    assert (
        "is placed roughly (attention, agreement 0.25)"
        in refusal_to_repair(placed("exact", "rough"), strict).problem
    )
    assert "by its region only, and" in refusal_to_repair(placed("rough", "region only"), strict).problem
    assert refusal_to_repair(placed("rough", "region only"), AlignmentConfig()) is None


def test_a_repair_that_is_likely_bad_is_refused_unless_forced():
    config = AlignmentConfig(min_repair_confidence=0.6)
    refusal = refusal_to_repair(placed("exact", "rough"), config)
    assert "(repair confidence 0.50, 0.60 is the least; the reference is placed roughly)" in refusal.problem
    assert "force=True" in refusal.hint
    assert refusal_to_repair(placed("rough"), AlignmentConfig(min_repair_confidence=0.6, force=True)) is None
    assert refusal_to_repair(placed("rough"), AlignmentConfig(min_repair_confidence=0.5)) is None


def test_what_is_mirrored_is_refused_unless_that_is_allowed():
    parts = [*placed("exact"), *(replace(part, mirrored=True) for part in placed("exact"))]
    refusal = refusal_to_repair(parts, AlignmentConfig())
    assert "mirrored" in refusal.problem
    assert "allow_mirror=True" in refusal.hint
    for allowed in (AlignmentConfig(allow_mirror=True), AlignmentConfig(force=True)):
        assert refusal_to_repair(parts, allowed) is None


def test_the_other_side_of_a_symmetric_object_is_used_mirrored():
    turned = [replace(part, mirrored=True, symmetric=True) for part in placed("rough")]
    assert refusal_to_repair([*placed("exact"), *turned], AlignmentConfig()) is None
