import signal
import time

import pytest

from artifix.interruption import noted_interruption


def test_the_first_interruption_is_noted_and_the_second_raised():
    with noted_interruption() as stop:
        assert not stop.asked
        signal.raise_signal(signal.SIGINT)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)


def test_a_second_one_that_comes_at_once_may_be_the_launchers_and_is_not_raised():
    with noted_interruption(grace_s=0.05) as stop:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        assert stop.asked
        time.sleep(0.06)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)


def test_handlers_are_put_back():
    before = signal.getsignal(signal.SIGINT)
    with noted_interruption():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
