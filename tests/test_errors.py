import pytest

from artifix import errors
from artifix.errors import ArtifixError, ExitCode

CODES = {
    errors.UsageError: 2,
    errors.InputError: 3,
    errors.WeightsError: 4,
    errors.NoMatchError: 5,
    errors.DeviceError: 6,
    errors.OutputError: 7,
}


@pytest.mark.parametrize(("family", "code"), CODES.items())
def test_each_family_has_its_own_exit_code(family, code):
    assert family("problem").exit_code == code


def test_every_family_is_listed_here():
    assert set(ArtifixError.__subclasses__()) >= set(CODES)
    assert len({family.exit_code for family in CODES}) == len(CODES)


def test_an_error_says_what_is_wrong_and_what_to_do():
    error = errors.InputError("m.png: mask is 1x1 px", "redraw it")
    assert str(error) == error.problem == "m.png: mask is 1x1 px"
    assert error.hint == "redraw it"


def test_an_unnamed_failure_counts_as_our_bug():
    assert ArtifixError("odd").exit_code == ExitCode.BUG == 1


def test_success_is_0_and_ctrl_c_is_130():
    assert (ExitCode.OK, ExitCode.INTERRUPTED) == (0, 130)
