"""The boundary: every kind of failure ends in its exit code and two lines on stderr."""

import subprocess
import sys
import time

import pytest

from artifix import __version__
from artifix.errors import DeviceError, NoMatchError, UsageError, WeightsError

FAILURES = {
    "no match": (NoMatchError("nothing matches", "try --force"), 5, "nothing matches"),
    "unknown layer": (UsageError("layer x is none of the network's", "choose"), 2, "layer x"),
    "weights": (WeightsError("changed", "install again"), 4, "changed"),
    "device": (DeviceError("lost", "try again"), 6, "lost"),
    "memory": (MemoryError(), 6, "out of memory"),
    "GPU memory": (RuntimeError("CUDA out of memory. Tried to allocate 20 MiB"), 6, "CUDA out of memory"),
    "CPU memory": (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), 6, "allocate"),
    "our bug": (ZeroDivisionError("division by zero"), 1, "this is a bug in artifix"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_while_sampling_has_its_exit_code_and_writes_nothing(artifix, files, pipeline, name):
    pipeline.failure, code, said = FAILURES[name]
    before = files.listing()
    run = artifix("refine", *files.arguments())
    assert (run.code, run.out, files.listing()) == (code, "", before)
    assert said in run.err
    assert "\n hint: " in run.err
    assert "Traceback" not in run.err


def test_ctrl_c_while_sampling_exits_130_and_writes_nothing(artifix, files, pipeline):
    pipeline.failure = KeyboardInterrupt()
    before = files.listing()
    run = artifix("refine", *files.arguments())
    assert (run.code, files.listing()) == (130, before)
    assert run.err.endswith("error: interrupted\n")


def test_ctrl_c_while_writing_leaves_no_half_result(artifix, files, pipeline, monkeypatch):
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    before = files.listing()
    assert artifix("refine", *files.arguments()).code == 130
    assert files.listing() == before


def test_debug_shows_the_traceback(artifix, files, pipeline):
    pipeline.failure = ZeroDivisionError("division by zero")
    assert "Traceback" in artifix("refine", *files.arguments(), "--debug").err


def test_debug_may_come_from_the_environment(artifix, files, pipeline, monkeypatch):
    pipeline.failure = NoMatchError("nothing matches")
    monkeypatch.setenv("ARTIFIX_DEBUG", "1")
    run = artifix("refine", *files.arguments())
    assert "Traceback" in run.err
    assert run.code == 5


def test_version_is_told(artifix):
    assert artifix("--version").out == f"artifix {__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["refine", "-h"], ["train", "--help"]])
def test_help_exits_0(artifix, arguments):
    run = artifix(*arguments)
    assert run.code == 0
    assert run.out.startswith("Usage: artifix")


def test_an_unknown_command_exits_2(artifix):
    assert artifix("repair").code == 2


def test_the_module_runs_as_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "artifix", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"artifix {__version__}\n")


def test_help_is_quick():
    started = time.process_time_ns(), time.monotonic()
    subprocess.run([sys.executable, "-m", "artifix", "refine", "--help"], capture_output=True, check=True)
    assert (
        time.monotonic() - started[1] < 5
    )  # 0.2 s on a machine at rest; loading torch takes longer than this
