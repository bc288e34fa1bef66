"""Which of several references is used."""

from types import SimpleNamespace

import pytest

from artifix.alignment.choice import choose
from artifix.config import AlignmentConfig
from artifix.errors import NoMatchError

NAMES = ("front.png", "back.png", "side.png")


def found(*pairs):
    """The groups of one reference: (confidence, agreement), None for no transform."""
    return tuple(
        SimpleNamespace(confidence=c, transform=None if a is None else SimpleNamespace(agreement=a))
        for c, a in pairs
    )


def test_the_most_confident_is_used():
    assert choose([found((0.5, 0.1)), found((0.9, 0.6)), found((0.7, 0.9))], NAMES, AlignmentConfig()) == 1


def test_a_reference_is_as_good_as_its_weakest_group():
    assert (
        choose([found((0.9, 0.9), (0.3, 0.1)), found((0.6, 0.4), (0.5, 0.2))], NAMES, AlignmentConfig()) == 1
    )


def test_of_equals_the_one_that_agrees_most_is_used():
    tried = [found((0.6, None)), found((0.6, 0.4)), found((0.6, 0.2))]
    assert choose(tried, NAMES, AlignmentConfig()) == 1


def test_none_good_enough_is_refused_with_all_their_confidences():
    tried = [found((0.1, None)), found((0.2, 0.0)), found((0.05, None))]
    with pytest.raises(NoMatchError, match=r"none of 3 .*front.png 0.10, back.png 0.20, side.png 0.05; 0.50"):
        choose(tried, NAMES, AlignmentConfig())
    assert choose(tried, NAMES, AlignmentConfig(force=True)) == 1
