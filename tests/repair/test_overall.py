"""What is told of all mask groups together."""

from types import SimpleNamespace

from artifix.repair.overall import overall_of


def part(confidence=0.9, placed="exact", repair=0.75):
    return SimpleNamespace(confidence=confidence, placed=placed, repair_confidence=repair)


def test_a_match_is_as_good_as_its_weakest_part():
    overall = overall_of([part(), part(0.25, "exact"), part(0.5, "rough", 0.125)])
    assert overall.sentence() == (
        "lowest confidence 0.25 that the place is right, 0.12 that the repair is good, placed roughly"
    )
    assert overall.told() == {
        "confidence": 0.25,
        "repair_confidence": 0.125,
        "placed": "rough",
        "parts": 3,
    }


def test_a_single_part_speaks_for_itself():
    assert overall_of([part(0.875)]).sentence() == (
        "confidence 0.88 that the place is right, 0.75 that the repair is good, placed exactly"
    )
    assert "placed by its region only" in overall_of([part(0.875, "region only")]).sentence()
