"""Mutants of what users give."""

import os
import signal
import time

import pytest

from artifix.errors import InputError


def test_mutants_of_pictures_are_read_or_refused(long_check, capsys):
    assert long_check("fuzz_pictures").main(["--count", "300", "--no-large"]) == 0, capsys.readouterr().out


@pytest.mark.slow
def test_many_mutants_of_pictures_and_large_ones_are_read_or_refused(long_check, capsys):
    assert long_check("fuzz_pictures").main(["--count", "5000", "--seed", "1"]) == 0, capsys.readouterr().out


def test_mutants_of_manifests_are_read_or_refused(long_check, capsys):
    assert long_check("fuzz_manifests").main(["--count", "300"]) == 0, capsys.readouterr().out


def test_mutants_of_settings_and_alignments_are_read_or_refused(long_check, capsys):
    assert long_check("fuzz_configs").main(["--count", "300"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("asked", [[], ["--configs"]], ids=["tensors", "configs"])
def test_mutants_of_weights_are_loaded_or_refused(long_check, capsys, asked):
    assert long_check("fuzz_weights").main(["--count", "8", *asked]) == 0, capsys.readouterr().out


def test_hostile_weights_of_every_class_are_refused(long_check, capsys):
    assert long_check("hostile_weights").main(["--count", "72"]) == 0, capsys.readouterr().out


@pytest.mark.slow
def test_many_hostile_weights_are_refused(long_check, capsys):
    assert long_check("hostile_weights").main(["--seed", "1"]) == 0, capsys.readouterr().out


def test_what_cases_may_not_do_is_found(long_check):
    def attempt(number):
        if number == 0:
            raise InputError("as it should be", "")
        if number == 1:
            raise ValueError("it is a bug")
        if number == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        if number == 3:
            started_s = time.process_time()
            while time.process_time() - started_s < 0.2:
                pass
        return ""

    verdict = long_check("guard").judge(lambda: attempt, 0, 5, most_s=0.1)
    assert [line[:6] for line in verdict.violations] == ["case 1", "case 2", "case 3"]
    assert verdict.counts == {"refused by InputError": 1, "broken": 1, "taken": 2}
