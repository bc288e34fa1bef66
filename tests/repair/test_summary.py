"""What is told of all mask groups together."""

from types import SimpleNamespace

from artifix.repair.summary import coarse_note, overall_of


def part(confidence=0.9, placed="exact", repair=0.75, coarseness=1.0, mirrored=False):
    return SimpleNamespace(
        confidence=confidence,
        placed=placed,
        repair_confidence=repair,
        coarseness=coarseness,
        mirrored=mirrored,
    )


def test_a_match_is_as_good_as_its_weakest_part():
    overall = overall_of([part(), part(0.25, "exact"), part(0.5, "rough", 0.125)])
    assert overall.sentence() == (
        "lowest confidence 0.25 that the place is right, 0.12 that the repair is good, placed roughly"
    )
    assert overall.told() == {
        "confidence": 0.25,
        "repair_confidence": 0.125,
        "placed": "rough",
        "coarseness": 1.0,
        "mirrored": False,
        "parts": 3,
    }


def test_a_single_part_speaks_for_itself():
    assert overall_of([part(0.875)]).sentence() == (
        "confidence 0.88 that the place is right, 0.75 that the repair is good, placed exactly"
    )
    assert "placed by its region only" in overall_of([part(0.875, "region only")]).sentence()


def test_a_clearly_coarser_reference_is_worth_a_note():
    soft = "the reference is 2.3 times coarser than the image there: the repair will be soft"
    assert overall_of([part(), part(coarseness=2.3), part(coarseness=None)]).note == soft
    assert overall_of([part(coarseness=1.5)]).note == ""
    without = overall_of([part(coarseness=None)])
    assert (without.note, without.told()["coarseness"]) == ("", None)
    assert coarse_note(0.4) == ""


def test_one_mirrored_part_is_enough_to_be_told():
    overall = overall_of([part(), part(mirrored=True)])
    assert overall.sentence().endswith("placed exactly, mirrored reference")
    assert overall.told()["mirrored"] is True
