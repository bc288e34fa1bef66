"""Names of settings in messages, as their reader writes them."""

import pickle

from artifix.errors import NoMatchError, UsageError
from artifix.setting_names import in_python, setting, spelled


def shouted(name: str, value: str | None) -> str:
    return name.upper() if value is None else f"{name.upper()} {value}"


def test_settings_are_spelled_for_the_reader_and_the_rest_stays():
    text = f"{setting('zoom')} and --other zoom; pass {setting('fit_mask', True)}, {setting('to', 'a=b.png')}"
    assert spelled(text, shouted) == "ZOOM and --other zoom; pass FIT_MASK True, TO a=b.png"
    assert in_python(text) == "zoom and --other zoom; pass fit_mask=True, to=a=b.png"


def test_an_error_reads_as_python_until_a_door_spells_it():
    error = UsageError(f"{setting('strict')} is too strict", f"drop {setting('strict')}")
    assert (str(error), error.problem, error.hint) == ("strict is too strict",) * 2 + ("drop strict",)
    assert error.told(shouted) == ("STRICT is too strict", "drop STRICT")


def test_an_error_keeps_its_settings_on_its_way_between_processes():
    there = pickle.loads(pickle.dumps(NoMatchError("nothing", setting("force", True), 3)))  # noqa: S301
    assert (there.told(shouted), there.found) == (("nothing", "FORCE True"), 3)
