"""Every number set by hand says its unit and its source."""

from dataclasses import dataclass, fields, replace
from numbers import Real

import pytest

from artifix.tuning import HAND, Known, constant, known_of, tuned_rooms

ROOMS = tuned_rooms()


@dataclass(frozen=True)
class Tuning:
    reach_px: float = constant(2.5, "px of the image", HAND)


def test_a_constant_has_its_value_and_tells_what_is_known_of_it():
    assert Tuning().reach_px == 2.5
    assert replace(Tuning(), reach_px=4.0).reach_px == 4.0
    assert known_of(Tuning()) == {"reach_px": Known("px of the image", HAND)}


def test_a_field_that_says_nothing_of_itself_is_noticed():
    @dataclass(frozen=True)
    class Silent:
        reach_px: float = 2.5

    with pytest.raises(KeyError, match="known"):
        known_of(Silent())


@pytest.mark.parametrize("room", ROOMS)
def test_every_number_of_a_room_has_a_unit_and_a_source(room):
    numbers = getattr(ROOMS[room], room.upper())
    for name, known in known_of(numbers).items():
        assert known.unit.strip(), name
        assert known.source.strip(), name


@pytest.mark.parametrize("room", ROOMS)
def test_a_rooms_numbers_are_numbers_and_cannot_be_changed_in_place(room):
    numbers = getattr(ROOMS[room], room.upper())
    assert type(numbers).__dataclass_params__.frozen
    for each in fields(numbers):
        value = getattr(numbers, each.name)
        assert all(isinstance(part, Real) for part in (value if isinstance(value, tuple) else (value,)))
